using TrafficCtl.Cli.Invocation;

namespace TrafficCtl.Cli.Commands;

internal static class ReleaseCommand
{
    public static readonly CommandEntry Entry = new(
        "release", "Lifts a hold: newer versions may enter the environment again",
        static (command, surroundings) => OrderAction.BuildOfPlace(command, surroundings, "release"));
}
