using TrafficCtl.V1;

namespace TrafficCtl.Cli.Printing;

/// <summary>How targets stand to what they are to run, in a line each.</summary>
internal static class TargetsText
{
    public static void Write(IReadOnlyCollection<PipelineStatus> pipelines, TextWriter to)
    {
        if (pipelines.Count == 0)
        {
            to.WriteLine("no pipeline");
            return;
        }

        var (table, notes) = (new Columns("TARGET", "DESIRED", "OBSERVED", "BEHIND", "STATE"), new List<(string Name, string Why)>());
        foreach (var pipeline in pipelines)
            foreach (var target in pipeline.Environments.SelectMany(static e => e.Targets))
            {
                var name = $"{target.Service}@{target.Environment}{(target.Target.Length > 0 ? $"/{target.Target}" : "")}";
                table.Add(
                    name, Or(target.Desired), Or(target.Observed),
                    target.BehindSince is { } since ? PrintedUnits.Since(since, pipeline.At) : "-",
                    target.Connected ? target.Action : "disconnected");
                if ((target.BehindSince is not null || !target.Connected) && target.Why.Length > 0) notes.Add((name, target.Why));
            }

        table.WriteTo(to);
        foreach (var (name, why) in notes) WrappedText.Write($"{name}: {why}", "! ", "  ", to);
    }

    private static string Or(string text) => text.Length > 0 ? text : "-";
}
