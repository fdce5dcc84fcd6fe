using TrafficCtl.Cli.Invocation;

namespace TrafficCtl.Cli.Commands;

internal static class ResumeCommand
{
    public static readonly CommandEntry Entry = new(
        "resume", "Goes on after a pause",
        static (command, surroundings) => WishAction.Build(command, surroundings, "resume"));
}
