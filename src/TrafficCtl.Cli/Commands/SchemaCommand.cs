using System.CommandLine;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;
using TrafficCtl.Daemon.Config.Reading;

namespace TrafficCtl.Cli.Commands;

internal static class SchemaCommand
{
    public static readonly CommandEntry Entry = new("schema", "Prints the JSON Schema of delivery files, for editors", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var output = AskOptions.OutputOption();
        output.Description = "The schema is JSON either way";
        command.Options.Add(output);
        command.SetAction(_ =>
        {
            surroundings.Out.Lines(DeliverySchema.ToJsonSchema());
            return ExitCodes.Done;
        });
    }
}
