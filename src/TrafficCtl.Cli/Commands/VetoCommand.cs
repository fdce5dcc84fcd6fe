using System.CommandLine;
using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using TrafficCtl.Cli.Invocation;

namespace TrafficCtl.Cli.Commands;

internal static class VetoCommand
{
    public static readonly CommandEntry Entry = new(
        "veto", "Keeps a version out of an environment and all that depend on it, and takes it back where it runs", Build);

    private static readonly string[] Forms = ["yyyy-MM-dd'T'HH:mm'Z'", "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd"];

    private static void Build(Command command, Surroundings surroundings)
    {
        var order = OrderAction.AddTo(command, surroundings);
        var place = PipelineArguments.AddPlace(command, order.Ask);
        var version = OrderAction.AddVersion(command, order.Ask);
        var scope = new Option<string>("--scope")
        {
            Description = "How far it reaches",
            HelpName = "downstream|environment|service",
            DefaultValueFactory = static _ => "downstream",
        };
        scope.AcceptOnlyFromAmong("downstream", "environment", "service");
        var until = new Option<DateTimeOffset?>("--until")
        {
            Description = "When it ends by itself, in UTC [default: never]",
            HelpName = "2026-01-31T12:00Z",
            CustomParser = static result =>
            {
                if (DateTimeOffset.TryParseExact(
                    result.Tokens[0].Value, Forms, CultureInfo.InvariantCulture,
                    DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at))
                    return at;
                result.AddError($"--until is a time such as 2026-01-31T12:00Z or 2026-01-31, not \"{result.Tokens[0].Value}\"");
                return null;
            },
        };
        command.Options.Add(scope);
        command.Options.Add(until);
        command.SetAction((parse, stop) => order.SendAsync(
            parse, "veto", parse.GetRequiredValue(place), parse.GetValue(version) ?? "", stop, request =>
            {
                request.Scope = parse.GetRequiredValue(scope);
                request.Until = parse.GetValue(until)?.ToTimestamp();
            }));
    }
}
