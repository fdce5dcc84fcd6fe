using System.CommandLine;
using TrafficCtl.Cli.Asking;

namespace TrafficCtl.Cli.Invocation;

/// <summary>The options of a daemon that is asked by <c>https://</c>: whose certificate is believed, and which one is shown.</summary>
internal sealed class CertificateFlags
{
    public const string AuthoritiesVariable = "TRAFFICCTL_CA";
    public const string CertificateVariable = "TRAFFICCTL_CERT";
    public const string KeyVariable = "TRAFFICCTL_KEY";

    private readonly Setting authorities;
    private readonly Setting certificate;
    private readonly Setting key;

    private CertificateFlags(Command command, Surroundings surroundings)
    {
        authorities = Of("--ca", AuthoritiesVariable, "The certificate authorities to trust for an https:// address, in PEM", "the system's");
        certificate = Of("--cert", CertificateVariable, "The certificate to show a daemon that asks for one, in PEM", "none");
        key = Of("--key", KeyVariable, "The key of --cert, in PEM", "none");

        Setting Of(string name, string variable, string description, string otherwise)
        {
            var setting = new Setting(
                surroundings, name, "FILE", variable, $"{description} (default: {variable}, else {otherwise})", static _ => null);
            command.Options.Add(setting.Option);
            return setting;
        }
    }

    public static CertificateFlags AddTo(Command command, Surroundings surroundings) => new(command, surroundings);

    /// <summary>What was given.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="endpoint">What is asked.</param>
    /// <param name="token">Goes with it; null for none.</param>
    /// <exception cref="Failure">A certificate without its key, or an option without TLS.</exception>
    public AdminPass PassOf(ParseResult parse, AdminEndpoint endpoint, string? token)
    {
        foreach (var setting in (Setting[])[authorities, certificate, key])
            if (!endpoint.IsSecure && parse.GetValue(setting.Option) is not null)
                throw new Failure(
                    "no TLS", endpoint.Shown, $"{setting.Option.Name} is for an https:// address: name one with --admin", ExitCodes.Usage);
        if (!endpoint.IsSecure) return new AdminPass(token);
        var pass = new AdminPass(token, authorities.TextOf(parse), certificate.TextOf(parse), key.TextOf(parse));
        return pass.Certificate is null == pass.Key is null
            ? pass
            : throw new Failure(
                "half a certificate", pass.Certificate ?? pass.Key!, "name its certificate with --cert and its key with --key",
                ExitCodes.Usage);
    }
}
