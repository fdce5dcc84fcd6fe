using TrafficCtl.Cli.Invocation;

namespace TrafficCtl.Cli.Commands;

internal static class AbortCommand
{
    public static readonly CommandEntry Entry = new(
        "abort", "Takes the candidate to 0 and ends the rollout",
        static (command, surroundings) => WishAction.Build(command, surroundings, "abort"));
}
