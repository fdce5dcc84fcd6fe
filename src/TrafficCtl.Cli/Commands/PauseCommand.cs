using TrafficCtl.Cli.Invocation;

namespace TrafficCtl.Cli.Commands;

internal static class PauseCommand
{
    public static readonly CommandEntry Entry = new(
        "pause", "Stays at the present step; breaker, failed verdict and abort still act",
        static (command, surroundings) => WishAction.Build(command, surroundings, "pause"));
}
