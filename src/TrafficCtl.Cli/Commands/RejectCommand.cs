using TrafficCtl.Cli.Invocation;

namespace TrafficCtl.Cli.Commands;

internal static class RejectCommand
{
    public static readonly CommandEntry Entry = new(
        "reject", "Says no where a gate of a rollout, or of an environment, asks for approval: the version goes back",
        static (command, surroundings) => VoteAction.Build(command, surroundings, "reject"));
}
