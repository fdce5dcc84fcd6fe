using System.Net;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace TrafficCtl.Daemon.Access.Oidc;

/// <summary>Asks an issuer for its discovery document and its keys: bounded in size and time, and without following redirects.</summary>
internal sealed class OidcFetch : IDisposable
{
    /// <summary>The largest answer that makes sense, in bytes.</summary>
    public const int MaxBytes = 256 * 1024;

    private const string WellKnown = "/.well-known/openid-configuration";
    private const int MostKeys = 100, LeastRsaBits = 2048;

    /// <summary>The longest that each of the two answers may take.</summary>
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(5);

    private readonly string issuer;
    private readonly bool isLocal;
    private readonly HttpClient http;

    /// <param name="issuer">Checked before.</param>
    /// <param name="within">The longest that an answer may take; null for the usual.</param>
    public OidcFetch(string issuer, TimeSpan? within = null)
    {
        this.issuer = issuer;
        isLocal = new Uri(issuer) is { IsLoopback: true };
        http = new HttpClient(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                UseProxy = !isLocal,
                ConnectTimeout = within ?? Within,
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            })
        {
            Timeout = within ?? Within,
            MaxResponseContentBufferSize = MaxBytes,
        };
    }

    /// <summary>The issuer with its keys for signatures.</summary>
    /// <exception cref="InvalidDataException">What the issuer says cannot be used; the message says why.</exception>
    /// <exception cref="HttpRequestException">It does not answer, or too much.</exception>
    /// <exception cref="OperationCanceledException">It does not answer in time.</exception>
    public async Task<OpenIdConnectConfiguration> ReadAsync(CancellationToken stop)
    {
        var document = Parse(await GetAsync(new Uri(issuer.TrimEnd('/') + WellKnown), stop), OpenIdConnectConfiguration.Create);
        if (document.Issuer != issuer)
            throw new InvalidDataException("its discovery document names another issuer: write --oidc-issuer as the tokens name it (iss)");
        if (!Uri.TryCreate(document.JwksUri, UriKind.Absolute, out var keys) || !IsAllowed(keys))
            throw new InvalidDataException("its discovery document names no jwks_uri over https");
        var set = Parse(await GetAsync(keys, stop), static json => new JsonWebKeySet(json));
        var found = new OpenIdConnectConfiguration { Issuer = issuer };
        foreach (var key in set.Keys.Where(IsForSignatures).Take(MostKeys))
        {
            if (JsonWebKeyConverter.TryConvertToSecurityKey(key, out var converted) && IsStrong(converted))
                found.SigningKeys.Add(converted);
        }

        return found.SigningKeys.Count > 0 ? found : throw new InvalidDataException($"{keys.Authority} has no key for signatures");
    }

    public void Dispose() => http.Dispose();

    private bool IsAllowed(Uri address) => address.UserInfo.Length == 0
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && isLocal && address.IsLoopback));

    private async Task<string> GetAsync(Uri address, CancellationToken stop)
    {
        using var response = await http.GetAsync(address, stop);
        if (response.StatusCode == HttpStatusCode.OK) return await response.Content.ReadAsStringAsync(stop);
        var redirects = (int)response.StatusCode is >= 300 and < 400 ? ", and redirects are not followed" : "";
        throw new InvalidDataException($"{address.GetLeftPart(UriPartial.Path)} answers {(int)response.StatusCode}{redirects}");
    }

    private static T Parse<T>(string json, Func<string, T> parse)
    {
        try
        {
            return parse(json);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // The library throws whatever its parser does.
            throw new InvalidDataException("its answer is not the JSON that was asked for", fault);
        }
    }

    /// <summary>A symmetric key in a public document would let everybody sign.</summary>
    private static bool IsForSignatures(JsonWebKey key) =>
        key.Kty is JsonWebAlgorithmsKeyTypes.RSA or JsonWebAlgorithmsKeyTypes.EllipticCurve && key.Use is null or "" or "sig";

    private static bool IsStrong(SecurityKey key) => key switch
    {
        RsaSecurityKey or X509SecurityKey => key.KeySize >= LeastRsaBits,
        ECDsaSecurityKey => true,
        _ => false,
    };
}
