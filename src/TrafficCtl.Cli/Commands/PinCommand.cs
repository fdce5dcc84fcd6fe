using TrafficCtl.Cli.Invocation;

namespace TrafficCtl.Cli.Commands;

internal static class PinCommand
{
    public static readonly CommandEntry Entry = new(
        "pin", "Brings a version into an environment and keeps it there, whatever is newer",
        static (command, surroundings) => OrderAction.BuildOfVersion(command, surroundings, "pin"));
}
