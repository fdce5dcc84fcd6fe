using System.Globalization;
using TrafficCtl.Cli.Demo.Load;
using TrafficCtl.Cli.Demo.Pacing;
using TrafficCtl.Cli.Demo.Story;
using TrafficCtl.Cli.Demo.Upstreams;
using TrafficCtl.Cli.Demo.Views;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;
using TrafficCtl.Daemon;

namespace TrafficCtl.Cli.Demo;

/// <summary>One demonstration: upstreams and load as processes, the daemon in this one, all files in one directory.</summary>
/// <param name="profileOf">The demonstration at the pace of this machine.</param>
/// <param name="temporary">Where its directory is made. It is kept unless the outcome was right or a person interrupted.</param>
internal sealed class DemoRun(DemoScenario scenario, Func<Pace, Profile> profileOf, IDemoView screen, TimeProvider clock, string temporary)
{
    /// <exception cref="Failure">It could not be set up, or the daemon was lost.</exception>
    public async Task<Summary> RunAsync(CancellationToken stop)
    {
        using var folder = new DemoFolder(temporary, clock);
        using var view = new LoggedView(screen, folder.Log);
        try
        {
            var summary = await InFolderAsync(folder, view, stop);
            if (summary.Right == true) return summary;
            folder.Keep();
            return summary with { Kept = folder.Path };
        }
        catch (Failure failure)
        {
            folder.Log.Write(failure.ToString());
            folder.Keep();
            throw new Failure(failure.Message, folder.Log.Path, "this log is kept, with the delivery file and the journal beside it");
        }
    }

    private async Task<Summary> InFolderAsync(DemoFolder folder, IDemoView view, CancellationToken stop)
    {
        view.Say("starting v1, v2 and the load");
        var (v1, v1At) = await Child.StartUpstreamAsync("v1", new UpstreamFaults(11, Profile.MedianMilliseconds, Profile.Sigma), stop);
        await using var first = v1;
        var (v2, v2At) = await Child.StartUpstreamAsync(DemoFile.Candidate, Candidate(), stop);
        await using var second = v2;
        await using var child = Child.Start(LoadProcess.Name, Profile.Users.ToString(CultureInfo.InvariantCulture));
        var load = new LoadWatch(child);

        var pace = await PaceAsync(folder, load, view, v1At, v2At, stop);
        await using var stage = await StableOnlyAsync(pace, folder, load, view, v1At, stop);
        var (profile, expected, admin, start) = (stage.Profile, stage.Expected, stage.Admin, stage.Began);
        view.Say($"v2 is published at {v2At}");
        await PublishAsync(stage.Host, stage.File, DemoFile.Text(profile, v1At, v2At), stop);
        var follower = new DemoFollower(profile, admin, load, view, clock, v1, v2);
        var ending = await follower.FollowAsync(expected.Most - clock.GetElapsedTime(start), stop);
        var seconds = clock.GetElapsedTime(start).TotalSeconds;
        var report = await load.EndAsync(stop);
        var history = await admin.AskAsync(client => client.HistoryAsync(DemoFile.Service, "", 1000, stop), stop);
        await stage.Host.StopAsync(stop);
        return Summary.Of(profile, expected, ending, report, DemoJournal.Read(history.Facts), seconds);
    }

    /// <summary>Its fault is there from the start: what a fault adds is no lateness, so the pace is not changed by it.</summary>
    private UpstreamFaults Candidate() => new(
        22, Profile.MedianMilliseconds, Profile.Sigma,
        scenario == DemoScenario.Errors ? Profile.ErrorShare : 0,
        scenario == DemoScenario.Slow ? Profile.SlowFactor : 1);

    private async Task<Pace> PaceAsync(DemoFolder folder, LoadWatch load, IDemoView view, Uri v1, Uri v2, CancellationToken stop)
    {
        view.Say($"measuring what this machine carries: about {PrintedUnits.About(TimeSpan.FromSeconds(PaceTest.Seconds))}");
        var file = folder.File("pace.yaml");
        await DemoFile.WriteAsync(file, DemoFile.PaceText(v1, v2), stop);
        await using var host = await DemoDaemon.StartAsync(file, folder.File("pace"), folder.Log, clock, stop);
        var pace = await new PaceTest(load, view, clock).RunAsync(host.AddressOf(DemoFile.Service), stop);
        await host.StopAsync(stop);
        return pace;
    }

    /// <summary>
    /// v1 alone, from which the judge learns what is usual. Where answers come late by then, the machine has got other work since its pace
    /// was measured: what was learnt is noise, so it begins again at the next lower rate.
    /// </summary>
    private async Task<DemoStage> StableOnlyAsync(
        Pace pace, DemoFolder folder, LoadWatch load, IDemoView view, Uri v1, CancellationToken stop)
    {
        for (var attempt = 1; ; attempt++)
        {
            var stage = await DemoStage.StartAsync(profileOf(pace), folder, attempt, view, v1, clock, stop);
            try
            {
                view.Say($"{stage.Profile.Rate} requests/s; {scenario.Told()}: {stage.Expected.Words} from now");
                await load.BeginAsync(stage.Host.AddressOf(DemoFile.Service), stage.Profile.Rate, stop);
                await stage.WaitAsync(load, view, clock, stop);
                var share = load.Latest.LateShare;
                if (share <= Pace.MostLate || pace.Lower is not { } lower) return stage;
                view.Say($"{PrintedUnits.Percent(share)} of answers came late: this machine has other work now; again with less traffic");
                await load.PauseAsync(stop);
                await stage.Host.StopAsync(stop);
                pace = lower;
            }
            catch
            {
                await stage.DisposeAsync();
                throw;
            }

            await stage.DisposeAsync();
        }
    }

    private static async Task PublishAsync(DaemonHost host, string file, string text, CancellationToken stop)
    {
        await DemoFile.WriteAsync(file, text, stop);
        var problems = await host.ReloadAsync(stop);
        if (!problems.IsEmpty) throw new Failure("v2 could not be published", file, string.Join("; ", problems));
    }
}
