using TrafficCtl.Cli.Invocation;

namespace TrafficCtl.Cli.Commands;

internal static class HoldCommand
{
    public static readonly CommandEntry Entry = new(
        "hold", "Lets nothing newer into an environment",
        static (command, surroundings) => OrderAction.BuildOfVersion(command, surroundings, "hold", "what runs there"));
}
