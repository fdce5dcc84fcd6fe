using TrafficCtl.Cli.Invocation;

namespace TrafficCtl.Cli.Commands;

internal static class RetryCommand
{
    public static readonly CommandEntry Entry = new(
        "retry", "Begins a new rollout of the version that was rolled back or aborted",
        static (command, surroundings) => WishAction.Build(command, surroundings, "retry"));
}
