using System.CommandLine;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Texts;

namespace TrafficCtl.Cli.Invocation;

/// <summary>What every command that asks the daemon takes: where it is, and how to print its answer.</summary>
internal sealed class AskOptions
{
    public const string AdminVariable = "TRAFFICCTL_ADMIN";

    private static readonly string DefaultAdmin = AdminAddress.Default.GetLeftPart(UriPartial.Authority);

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
                Description = $"The daemon's admin address (default: {AdminVariable}, else {DefaultAdmin})",
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
        Description = $"Where the admin API listens; on this machine only (default: {AdminVariable}, else {DefaultAdmin})",
        HelpName = "URL",
    };

    public bool IsJson(ParseResult parse) => parse.GetValue(output) == "json";

    /// <exception cref="Failure">Not an address.</exception>
    public AdminClient ClientOf(ParseResult parse)
    {
        var (text, from) = AdminOf(parse.GetValue(admin), surroundings);
        return AddressText.TryParse(text, $"an address such as {DefaultAdmin}", [Uri.UriSchemeHttp], out var address, out var problem)
            ? new AdminClient(address, surroundings.Clock)
            : throw new Failure("not an admin address", from, problem, ExitCodes.Usage);
    }

    /// <summary>The admin address as it was given, and where; the default when it was not.</summary>
    public static (string Text, string From) AdminOf(string? given, Surroundings surroundings)
    {
        if (given is not null) return (given, "--admin");
        var variable = surroundings.Variable(AdminVariable);
        return string.IsNullOrWhiteSpace(variable) ? (DefaultAdmin, "default") : (variable, AdminVariable);
    }
}
