using System.CommandLine;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Hosting;

namespace TrafficCtl.Cli.Invocation;

/// <summary>Who may ask the admin API, and over what: the same options of every command that listens there.</summary>
internal sealed class AccessOptions
{
    private readonly Option<string?> admin = AskOptions.BindOption();

    private readonly Option<string?> certificate = File(
        "--admin-tls-cert", "The certificate of an https:// admin address with its chain, in PEM, read again when it is replaced");

    private readonly Option<string?> key = File("--admin-tls-key", "The key of that certificate, in PEM without a passphrase");

    private readonly Option<string?> authorities = File(
        "--admin-client-ca",
        "The certificate authorities, in PEM, whose client certificates say who asks; read again when they are replaced");

    private readonly Option<string?> grants = File(
        "--grants", "The file that says which certificate or user may do what, read again when it is replaced");

    private readonly Option<string?> issuer = new("--oidc-issuer")
    {
        Description = "The OIDC issuer whose tokens say who asks, as the tokens name it (iss)",
        HelpName = "URL",
    };

    private readonly Option<string?> audience = new("--oidc-audience")
    {
        Description = "Whom those tokens must be for (aud)",
        HelpName = "NAME",
    };

    private readonly Option<string> user = new("--oidc-user-claim")
    {
        Description = "The claim that names the user",
        DefaultValueFactory = static _ => OidcOptions.DefaultUserClaim,
        HelpName = "CLAIM",
    };

    private readonly Option<string> groups = new("--oidc-groups-claim")
    {
        Description = "The claim that names the user's groups",
        DefaultValueFactory = static _ => OidcOptions.DefaultGroupsClaim,
        HelpName = "CLAIM",
    };

    private readonly Option<string?> tokens;

    private AccessOptions(Command command, string tokensOtherwise)
    {
        tokens = AskOptions.TokensOption(tokensOtherwise);
        Option[] all = [admin, certificate, key, authorities, tokens, grants, issuer, audience, user, groups];
        foreach (var option in all) command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetResult(certificate) is null != result.GetResult(key) is null)
                result.AddError("--admin-tls-cert and --admin-tls-key belong together: name both files");
            if (result.GetResult(issuer) is null != result.GetResult(audience) is null)
                result.AddError("--oidc-issuer and --oidc-audience belong together: say whose tokens are taken, and for whom they are");
            var alone = ((Option[])[user, groups]).FirstOrDefault(option => result.GetResult(option) is { Implicit: false });
            if (alone is not null && result.GetResult(issuer) is null) result.AddError($"{alone.Name} is for OIDC: it needs --oidc-issuer");
        });
    }

    /// <param name="command">That gets the options.</param>
    /// <param name="tokensOtherwise">Which file of tokens is read when none is named, for the help.</param>
    public static AccessOptions AddTo(Command command, string tokensOtherwise) => new(command, tokensOtherwise);

    /// <summary>The options of a process, with what was given here.</summary>
    /// <exception cref="Failure">The admin API must not listen so; the message says what to add.</exception>
    public DaemonOptions Of(ParseResult parse, Surroundings surroundings, DaemonOptions options)
    {
        var (text, from) = AskOptions.AdminOf(parse.GetValue(admin), surroundings);
        if (!AdminAddress.TryParseBind(text, out var address, out var problem)) throw new Failure("refused", from, problem);
        var chosen = options with
        {
            Admin = address,
            AdminTls = parse.GetValue(certificate) is { } cert && parse.GetValue(key) is { } of ? new(cert, of) : null,
            AdminClientCa = parse.GetValue(authorities),
            Grants = parse.GetValue(grants),
            Tokens = parse.GetValue(tokens),
            Oidc = parse.GetValue(issuer) is { } whose && parse.GetValue(audience) is { } whom
                ? new OidcOptions(whose, whom)
                {
                    UserClaim = parse.GetRequiredValue(user),
                    GroupsClaim = parse.GetRequiredValue(groups),
                }
                : null,
        };
        return AdminAddress.Problem(chosen) is { } unfit ? throw new Failure("refused", from, unfit) : chosen;
    }

    private static Option<string?> File(string name, string description) => new(name) { Description = description, HelpName = "FILE" };
}
