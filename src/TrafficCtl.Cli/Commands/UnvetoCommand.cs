using TrafficCtl.Cli.Invocation;

namespace TrafficCtl.Cli.Commands;

internal static class UnvetoCommand
{
    public static readonly CommandEntry Entry = new(
        "unveto", "Lifts the vetoes of a version that were given in an environment, its failure there too",
        static (command, surroundings) => OrderAction.BuildOfVersion(command, surroundings, "unveto"));
}
