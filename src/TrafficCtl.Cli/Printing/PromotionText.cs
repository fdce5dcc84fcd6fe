using Google.Protobuf.WellKnownTypes;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Printing;

/// <summary>Pipelines for a reader.</summary>
internal static class PromotionText
{
    /// <summary>All of them, a line for each environment.</summary>
    public static void WriteList(IReadOnlyCollection<PipelineStatus> pipelines, TextWriter to)
    {
        var table = new Columns("PIPELINE", "ENVIRONMENT", "RUNS", "PHASE", "NEXT", "WAITS FOR");
        foreach (var pipeline in pipelines) AddRows(table, pipeline, withName: true);
        table.WriteTo(to);
        foreach (var pipeline in pipelines) WriteTroubles(pipeline, $"! {pipeline.Service}: ", to);
    }

    /// <summary>One in full.</summary>
    public static void Write(PipelineStatus pipeline, TextWriter to)
    {
        to.WriteLine($"{pipeline.Service} (pipeline)");
        WriteTroubles(pipeline, "  ! ", to);
        to.WriteLine();
        var table = new Columns("ENVIRONMENT", "RUNS", "PHASE", "NEXT", "WAITS FOR");
        AddRows(table, pipeline, withName: false);
        table.WriteTo(to, "  ");
        foreach (var environment in pipeline.Environments) WriteOverlays(environment, pipeline.At, $"  {environment.Environment}: ", to);
        if (pipeline.Versions.Count == 0) return;
        to.WriteLine();
        var versions = new Columns("VERSION", "PUBLISHED", "AUTHOR", "COMMIT", "DATA");
        foreach (var version in pipeline.Versions.Take(5))
            versions.Add(
                version.Version, PrintedUnits.DayAndTime(version.PublishedAt), Or(version.Author), Or(Brief(version.Commit)),
                version.Compatibility);
        versions.WriteTo(to, "  ");
    }

    /// <summary>What people ordered in an environment and is in force.</summary>
    public static void WriteOverlays(PipelineEnvironment environment, Timestamp now, string before, TextWriter to)
    {
        if (environment.BreakGlass is { } broken) Say("the glass is broken", broken);
        if (environment.Pin is { } pin) Say($"pinned to {pin.Version}", pin);
        if (environment.Hold is { } hold) Say($"held at {hold.Version}", hold);
        foreach (var veto in environment.Vetoes)
        {
            var until = veto.Until is { } end ? $" until {PrintedUnits.DayAndTime(end)}" : "";
            WrappedText.Write(
                $"{veto.Version} is vetoed ({veto.Scope}){until} by {veto.Who}, {PrintedUnits.Ago(veto.At, now)}{Words(veto.Reason)}",
                before, "    ", to);
        }

        void Say(string what, PromotionOverlay overlay) => WrappedText.Write(
            $"{what} by {overlay.Who}, {PrintedUnits.Ago(overlay.At, now)}{Words(overlay.Reason)}", before, "    ", to);
    }

    private static void AddRows(Columns table, PipelineStatus pipeline, bool withName)
    {
        var name = pipeline.Service;
        foreach (var environment in pipeline.Environments)
        {
            var runs = environment.Targets.Select(static t => t.Observed).Distinct(StringComparer.Ordinal).ToList();
            var current = environment.Bundles.FirstOrDefault(b => runs.Contains(b.Version));
            var next = environment.Bundles.FirstOrDefault(
                b => b.Phase is "pending" or "approved" or "deploying" && !(runs.Count == 1 && runs[0] == b.Version));
            string[] cells =
            [
                environment.Environment, Or(string.Join(", ", runs.Where(static r => r.Length > 0))), Or(current?.Phase ?? ""),
                next is null ? "-" : NextOf(next), Or(WaitsFor(environment, next)),
            ];
            table.Add(withName ? [name, .. cells] : cells);
            name = "";
        }
    }

    private static string NextOf(PipelineBundle next) =>
        next.Phase != "deploying" ? next.Version : next.HasStep ? $"{next.Version} at step {next.Step}" : $"{next.Version} begins";

    private static string WaitsFor(PipelineEnvironment environment, PipelineBundle? next)
    {
        var block = environment.Blocks.FirstOrDefault(b => next is not null && b.Version == next.Version)
            ?? environment.Blocks.FirstOrDefault(static b => b.Version.Length == 0);
        if (block is null) return "";
        var subject = block.Kind switch
        {
            "upstream" => $"Good in {block.Subject}",
            "gate" => block.Subject,
            _ => $"{block.Kind} {block.Subject}",
        };
        return block.Owner.Length > 0 ? $"{subject} ({block.Owner})" : subject;
    }

    private static void WriteTroubles(PipelineStatus pipeline, string before, TextWriter to)
    {
        if (pipeline.Unknown.Length > 0) WrappedText.Write($"as it was before: {pipeline.Unknown}", before, "    ", to);
        foreach (var stop in pipeline.Stopped)
        {
            var of = stop.Scope switch
            {
                "organisation" => "all services",
                "service" => pipeline.Service,
                "environment" => stop.Environment,
                _ => $"{stop.Environment}/{stop.Target}",
            };
            WrappedText.Write(
                $"the line of {of} is stopped by {stop.Who}, {PrintedUnits.Ago(stop.At, pipeline.At)}{Words(stop.Reason)}",
                before, "    ", to);
        }

        foreach (var warning in pipeline.Warnings) WrappedText.Write(warning, before, "    ", to);
    }

    private static string Words(string reason) => reason.Length > 0 ? $": {reason}" : "";

    private static string Brief(string commit) => commit.Length > 12 ? commit[..12] : commit;

    private static string Or(string text) => text.Length > 0 ? text : "-";
}
