using TrafficCtl.Cli.Invocation;

namespace TrafficCtl.Cli.Commands;

internal static class UnpinCommand
{
    public static readonly CommandEntry Entry = new(
        "unpin", "Lifts a pin: the environment takes by its rules again",
        static (command, surroundings) => OrderAction.BuildOfPlace(command, surroundings, "unpin"));
}
