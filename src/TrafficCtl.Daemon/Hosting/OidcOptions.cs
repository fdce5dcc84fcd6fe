using TrafficCtl.Daemon.Texts;

namespace TrafficCtl.Daemon.Hosting;

/// <summary>Whose OIDC tokens the admin API takes.</summary>
/// <param name="Issuer">As the tokens name it, to the letter; <c>https://</c>, or <c>http://</c> on this machine.</param>
/// <param name="Audience">Whom the tokens must be for.</param>
public sealed record OidcOptions(string Issuer, string Audience)
{
    public const string DefaultUserClaim = "sub", DefaultGroupsClaim = "groups";

    private const int LongestText = 512;

    /// <summary>The claim that names the user.</summary>
    public string UserClaim { get; init; } = DefaultUserClaim;

    /// <summary>The claim that names the user's groups, as a text or a list of texts.</summary>
    public string GroupsClaim { get; init; } = DefaultGroupsClaim;

    /// <summary>What cannot be used, and what to write instead; null when all can.</summary>
    public string? Problem()
    {
        if (!AddressText.TryParse(
            Issuer, "an issuer such as https://login.example.com", [Uri.UriSchemeHttps, Uri.UriSchemeHttp], out var address,
            out var problem))
            return $"--oidc-issuer: {problem}";
        if (address.Scheme == Uri.UriSchemeHttp && !address.IsLoopback)
            return $"--oidc-issuer: {address.Authority} would send its keys in the clear: write https://";
        if (address.Query.Length > 0 || address.Fragment.Length > 0)
            return "--oidc-issuer: an issuer has neither a query nor a fragment: write it as the tokens name it (iss)";
        if (Audience.Length is 0 or > LongestText) return "--oidc-audience is the name that the tokens are for (aud)";
        return UserClaim.Length == 0 || GroupsClaim.Length == 0 ? "a claim has a name, such as sub" : null;
    }
}
