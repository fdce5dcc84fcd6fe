using TrafficCtl.Cli.Invocation;

namespace TrafficCtl.Cli.Commands;

internal static class RejectCommand
{
    public static readonly CommandEntry Entry = new(
        "reject", "Says no where a gate of the active rollout asks for approval: the rollout goes back",
        static (command, surroundings) => VoteAction.Build(command, surroundings, "reject"));
}
