using System.CommandLine;
using TrafficCtl.Cli.Asking;
using TrafficCtl.Cli.Printing;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Hosting;

namespace TrafficCtl.Cli.Invocation;

/// <summary>What every command that asks the daemon takes: where it is, and how to print its answer.</summary>
internal sealed class AskOptions
{
    public const string AdminVariable = "TRAFFICCTL_ADMIN";
    public const string TokenVariable = "TRAFFICCTL_TOKEN";

    private static readonly string DefaultAdmin = AdminAddress.Default.GetLeftPart(UriPartial.Authority);

    private readonly Surroundings surroundings;
    private readonly Option<string> admin;
    private readonly Option<string> output;
    private readonly CertificateFlags certificates;

    private AskOptions(Surroundings surroundings, Option<string> admin, Option<string> output, CertificateFlags certificates) =>
        (this.surroundings, this.admin, this.output, this.certificates) = (surroundings, admin, output, certificates);

    public static AskOptions AddTo(Command command, Surroundings surroundings)
    {
        var options = new AskOptions(
            surroundings,
            new Option<string>("--admin")
            {
                Description = $"The daemon's admin address: http://, https:// or unix:PATH of its socket "
                    + $"(default: {AdminVariable}, else {DefaultAdmin})",
                HelpName = "URL",
            },
            OutputOption(),
            CertificateFlags.AddTo(command, surroundings));
        command.Options.Add(options.admin);
        command.Options.Add(options.output);
        return options;
    }

    /// <summary>For commands that do not ask the daemon.</summary>
    public static Option<string> OutputOption()
    {
        var option = new Option<string>("--output", "-o")
        {
            Description = "How to print",
            DefaultValueFactory = static _ => "text",
            HelpName = "text|json",
        };
        option.AcceptOnlyFromAmong("text", "json");
        return option;
    }

    /// <summary>For commands that listen there.</summary>
    public static Option<string?> BindOption() => new("--admin")
    {
        Description = $"Where the admin API listens: http:// on this machine, or https:// (default: {AdminVariable}, else {DefaultAdmin})",
        HelpName = "URL",
    };

    /// <summary>For commands that listen there.</summary>
    /// <param name="otherwise">What is read when nothing is said, for the help.</param>
    public static Option<string?> TokensOption(string otherwise) => new("--tokens")
    {
        Description = $"The file of tokens of the admin API, as \"{Product.Name} token\" writes it [default: {otherwise}]",
        HelpName = "FILE",
    };

    public bool IsJson(ParseResult parse) => parse.GetValue(output) == "json";

    /// <exception cref="Failure">Not an address, or one that a token would reach in the clear from another machine.</exception>
    public AdminClient ClientOf(ParseResult parse)
    {
        var (text, from) = AdminOf(parse.GetValue(admin), surroundings);
        if (!AdminEndpoint.TryParse(text, DefaultAdmin, out var endpoint, out var problem))
            throw new Failure("not an admin address", from, problem, ExitCodes.Usage);
        var token = surroundings.Variable(TokenVariable) is { } given && given.Trim() is { Length: > 0 } trimmed ? trimmed : null;
        // The text of the token stays out of the message.
        if (token is not null && token.AsSpan().ContainsAnyExceptInRange('!', '~'))
            throw new Failure(
                "not a token", TokenVariable, $"set it to the one line that \"{Product.Name} token create\" printed", ExitCodes.Usage);
        if (token is not null && !endpoint.IsSecure && !AdminAddress.IsLoopback(endpoint.Uri.Host))
        {
            throw new Failure(
                "refused", endpoint.Uri.Authority,
                $"the token of {TokenVariable} would go there in the clear: use https://, an SSH tunnel or kubectl port-forward");
        }

        // A daemon that was started in this directory, unless another one is named.
        var socket = from == "default" && token is null ? AdminSocket.PathIn(DaemonOptions.DefaultDataDirectory) : null;
        if (File.Exists(socket)) endpoint = endpoint with { Socket = socket, MayFallBack = true };
        return new AdminClient(endpoint, surroundings.Clock, certificates.PassOf(parse, endpoint, token));
    }

    /// <summary>The admin address as it was given, and where; the default when it was not.</summary>
    public static (string Text, string From) AdminOf(string? given, Surroundings surroundings)
    {
        if (given is not null) return (given, "--admin");
        var variable = surroundings.Variable(AdminVariable);
        return string.IsNullOrWhiteSpace(variable) ? (DefaultAdmin, "default") : (variable, AdminVariable);
    }
}
