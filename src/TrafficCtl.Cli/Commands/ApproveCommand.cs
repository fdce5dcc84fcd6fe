using TrafficCtl.Cli.Invocation;

namespace TrafficCtl.Cli.Commands;

internal static class ApproveCommand
{
    public static readonly CommandEntry Entry = new(
        "approve", "Says yes where a gate of a rollout, or of an environment, asks for it, in your name and once",
        static (command, surroundings) => VoteAction.Build(command, surroundings, "approve"));
}
