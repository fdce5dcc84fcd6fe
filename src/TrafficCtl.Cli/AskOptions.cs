using System.CommandLine;
using TrafficCtl.Daemon.Api;

namespace TrafficCtl.Cli;

/// <summary>What every command that asks the daemon takes: where it is, and how to print its answer.</summary>
internal sealed class AskOptions
{
    public const string AdminVariable = "TRAFFICCTL_ADMIN";

    private readonly Surroundings surroundings;
    private readonly Option<string> admin;
    private readonly Option<string> output;

    private AskOptions(Surroundings surroundings, Option<string> admin, Option<string> output) =>
        (this.surroundings, this.admin, this.output) = (surroundings, admin, output);

    public static AskOptions AddTo(Command command, Surroundings surroundings)
    {
        var options = new AskOptions(
            surroundings,
            new Option<string>("--admin")
            {
                Description = $"The daemon's admin address (default: {AdminVariable}, else {AdminAddress.Default.GetLeftPart(UriPartial.Authority)})",
                HelpName = "URL",
            },
            OutputOption());
        command.Options.Add(options.admin);
        command.Options.Add(options.output);
        return options;
    }

    /// <summary>For commands that do not ask the daemon.</summary>
    public static Option<string> OutputOption()
    {
        var option = new Option<string>("--output", "-o") { Description = "How to print", DefaultValueFactory = static _ => "text", HelpName = "text|json" };
        option.AcceptOnlyFromAmong("text", "json");
        return option;
    }

    public bool IsJson(ParseResult parse) => parse.GetValue(output) == "json";

    /// <exception cref="Failure">Not an address.</exception>
    public AdminClient ClientOf(ParseResult parse)
    {
        var text = parse.GetValue(admin) ?? NotEmpty(surroundings.Variable(AdminVariable)) ?? AdminAddress.Default.ToString();
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttp
            ? new AdminClient(uri, surroundings.Clock)
            : throw new Failure("not an admin address", text, $"write it as {AdminAddress.Default.GetLeftPart(UriPartial.Authority)}", ExitCodes.Usage);
    }

    private static string? NotEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
