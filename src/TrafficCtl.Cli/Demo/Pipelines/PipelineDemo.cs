using System.Globalization;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Demo.Pipelines;

/// <summary>
/// One demonstration of a pipeline: versions as processes that the product starts, load as processes, the daemon in this one, all files in
/// one directory.
/// </summary>
/// <param name="temporary">Where its directory is made. It is kept unless the outcome was right or a person interrupted.</param>
internal sealed class PipelineDemo(bool isFast, IPipelineDemoView screen, TimeProvider clock, string temporary)
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);

    /// <exception cref="Failure">It could not be set up, or the daemon was lost.</exception>
    public async Task<PipelineSummary> RunAsync(CancellationToken stop)
    {
        using var folder = new DemoFolder(temporary, clock);
        try
        {
            var summary = await InFolderAsync(folder, stop);
            if (summary.IsRight) return summary;
            folder.Keep();
            return summary with { Kept = folder.Path };
        }
        catch (Failure failure)
        {
            folder.Log.Write(failure.ToString());
            folder.Keep();
            throw new Failure(failure.Message, folder.Log.Path, "this log is kept, with the delivery file and the data beside it");
        }
    }

    private async Task<PipelineSummary> InFolderAsync(DemoFolder folder, CancellationToken stop)
    {
        var pace = PipelinePace.Of(isFast);
        await using var scene = await PipelineScene.OpenAsync(pace, folder, clock, stop);
        var (began, wrong, done) = (clock.GetTimestamp(), default(string), new List<ActSummary>());
        foreach (var act in PipelineStory.Of(scene))
        {
            Say(folder, act.Told);
            var since = clock.GetTimestamp();
            await act.DoAsync(stop);
            var awaited = await WatchAsync(scene, act, since, stop);
            wrong = scene.Wrong ?? awaited;
            if (wrong is not null) break;
            done.Add(new ActSummary(act.Name, Seconds(since)));
        }

        var outcome = wrong is null ? PipelineSummary.Delivered
            : scene.Wrong is null ? PipelineSummary.Unfinished
            : PipelineSummary.Wrong;
        var seconds = Seconds(began);
        var (requests, bad) = await scene.EndAsync(stop);
        return new PipelineSummary(isFast, outcome, [.. done], requests, bad, seconds, wrong ?? "");
    }

    /// <returns>What the act still waits for when its time is over; null when it is done, or something is wrong.</returns>
    private async Task<string?> WatchAsync(PipelineScene scene, StoryAct act, long since, CancellationToken stop)
    {
        while (true)
        {
            var pipeline = await scene.LookAsync(stop);
            screen.Show(pipeline, scene.Load);
            if (scene.Wrong is not null || act.Awaited(pipeline) is not { } awaited) return null;
            if (clock.GetElapsedTime(since) > PipelinePace.MostOfAnAct)
                return $"the act {act.Name} waits: {awaited}; {Blocks(pipeline)}";
            await Task.Delay(Beat, clock, stop);
        }
    }

    private void Say(DemoFolder folder, string line)
    {
        folder.Log.Write(line);
        screen.Say(line);
    }

    private double Seconds(long since) => Math.Round(clock.GetElapsedTime(since).TotalSeconds, 1);

    private static string Blocks(PipelineStatus pipeline) => string.Join(
        "; ", pipeline.Environments.SelectMany(static e => e.Blocks.Select(b => string.Create(
            CultureInfo.InvariantCulture, $"{b.Version} in {e.Environment}: {b.Why}"))));
}
