using TrafficCtl.V1;

namespace TrafficCtl.Cli.Printing;

/// <summary>What does not go on, why, and who can do something about it, for a reader.</summary>
internal static class BlocksText
{
    /// <summary>One environment.</summary>
    public static void WriteWhy(PipelineStatus pipeline, PipelineEnvironment environment, TextWriter to)
    {
        WrappedText.Write($"{pipeline.Service}@{environment.Environment}: {environment.Why}", "", "  ", to);
        if (environment.Skips.Count > 0) WrappedText.Write($"passes over {string.Join(", ", environment.Skips)}", "  ", "  ", to);
        PromotionText.WriteOverlays(environment, pipeline.At, "  ", to);
        foreach (var block in environment.Blocks) WriteBlock(block, pipeline, to);
        foreach (var bundle in environment.Bundles)
            if (bundle.Forecast is { } forecast)
                WrappedText.Write(
                    $"{bundle.Version} enters {environment.Environment} {WhenText.Of(forecast, pipeline.At)}", "  ", "    ", to);
        if (pipeline.Unknown.Length > 0) WrappedText.Write($"! as it was before: {pipeline.Unknown}", "  ", "    ", to);
    }

    public static void WriteWho(BlockersResponse blockers, TextWriter to)
    {
        if (blockers.Blocks.Count == 0) to.WriteLine("nothing is kept back");
        string? owner = null;
        foreach (var one in blockers.Blocks)
        {
            if (one.Block.Owner != owner) to.WriteLine((owner = one.Block.Owner).Length > 0 ? owner : "nobody (time or the system)");
            var of = one.Block.Version.Length > 0 ? $"{one.Block.Version} " : "";
            WrappedText.Write(
                $"{of}{one.Service}@{one.Environment}: {one.Block.Unblock} (since {PrintedUnits.DayAndTime(one.Block.Since)})",
                "  ", "    ", to);
        }
    }

    private static void WriteBlock(PromotionBlock block, PipelineStatus pipeline, TextWriter to)
    {
        var of = block.Version.Length > 0 ? $"{block.Version}: " : "";
        WrappedText.Write(
            $"{of}{block.Why} ({block.Kind}, for {PrintedUnits.Since(block.Since, pipeline.At)})", "  ", "    ", to);
        var owner = block.Owner.Length > 0 ? $" (owner: {block.Owner})" : "";
        WrappedText.Write($"to unblock: {block.Unblock}{owner}", "    ", "    ", to);
        if (block.WithoutSince is { } since)
            WrappedText.Write($"it would be in since {PrintedUnits.DayAndTime(since)} without {block.Subject}", "    ", "    ", to);
    }
}
