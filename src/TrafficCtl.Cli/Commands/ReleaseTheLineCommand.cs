using TrafficCtl.Cli.Invocation;

namespace TrafficCtl.Cli.Commands;

internal static class ReleaseTheLineCommand
{
    public static readonly CommandEntry Entry = new(
        "release-the-line", "Lifts a stop of exactly that target, environment or service, or of all services",
        static (command, surroundings) => LineAction.Build(command, surroundings, "release-the-line"));
}
