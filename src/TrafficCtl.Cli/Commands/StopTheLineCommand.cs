using TrafficCtl.Cli.Invocation;

namespace TrafficCtl.Cli.Commands;

internal static class StopTheLineCommand
{
    public static readonly CommandEntry Entry = new(
        "stop-the-line", "Lets no new version begin: in a target, an environment, a service, or anywhere",
        static (command, surroundings) => LineAction.Build(command, surroundings, "stop-the-line"));
}
