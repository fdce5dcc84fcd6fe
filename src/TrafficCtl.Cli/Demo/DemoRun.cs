using System.Globalization;
using TrafficCtl.Daemon;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Demo;

/// <summary>One demonstration: upstreams and load as processes, the daemon in this one, all files in one directory that goes with it.</summary>
/// <param name="temporary">Where that directory is made.</param>
internal sealed class DemoRun(Profile profile, IDemoView view, TimeProvider clock, string temporary)
{
    private readonly Director director = new(profile);

    /// <exception cref="Failure">It could not be set up, or did not end in time.</exception>
    public async Task<Summary> RunAsync(CancellationToken stop)
    {
        var directory = Path.Combine(temporary, $"trafficctl-demo-{Path.GetRandomFileName()}");
        Directory.CreateDirectory(directory);
        try
        {
            return await InDirectoryAsync(directory, stop);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private async Task<Summary> InDirectoryAsync(string directory, CancellationToken stop)
    {
        view.Say("starting v1, v2, the daemon and the load");
        var (v1, v1At) = await Child.StartUpstreamAsync("v1", new Faults(11, Profile.MedianMilliseconds, Profile.Sigma), stop);
        await using var first = v1;
        var (v2, v2At) = await Child.StartUpstreamAsync(DemoFile.Candidate, Candidate(), stop);
        await using var second = v2;

        var file = Path.Combine(directory, "demo.yaml");
        await DemoFile.WriteAsync(file, DemoFile.Text(profile, v1At, null), stop);
        await using var host = await StartAsync(file, Path.Combine(directory, "data"), stop);
        using var admin = new AdminClient(host.Admin, clock);
        var target = host.AddressOf(DemoFile.Service);
        await using var child = Child.Start(
            LoadProcess.Name, target.ToString(), profile.Rate.ToString(CultureInfo.InvariantCulture), Profile.Users.ToString(CultureInfo.InvariantCulture));
        var load = new LoadWatch(child);

        view.Say($"ready: {profile.Rate} requests/s to {target}; {profile.Scenario.Told()}");
        var start = clock.GetTimestamp();
        await StableOnlyAsync(admin, load, start, stop);
        view.Say($"v2 is published at {v2At}");
        await PublishAsync(host, file, v1At, v2At, stop);
        var ending = await FollowAsync(admin, load, v1, v2, stop);
        var seconds = clock.GetElapsedTime(start).TotalSeconds;
        var report = await load.EndAsync(stop);
        var history = await admin.GetAsync<HistoryResponse>($"v1/services/{DemoFile.Service}/history?limit=1000", stop);
        await host.StopAsync(stop);
        return Sum(ending, report, Journal.Read(history.Facts), seconds);
    }

    private Faults Candidate() => new(
        22, Profile.MedianMilliseconds, Profile.Sigma,
        profile.Scenario == Scenario.Errors ? Profile.ErrorShare : 0,
        profile.Scenario == Scenario.Slow ? Profile.SlowFactor : 1);

    private async Task<DaemonHost> StartAsync(string file, string data, CancellationToken stop)
    {
        try
        {
            return await DaemonHost.StartAsync(
                new DaemonOptions { Files = [file], DataDirectory = data, Admin = new Uri("http://127.0.0.1:0"), Clock = clock, Logging = static _ => { } }, stop);
        }
        catch (DaemonRefusedException refused)
        {
            throw new Failure("the daemon did not start", file, string.Join("; ", refused.Problems));
        }
    }

    private async Task StableOnlyAsync(AdminClient admin, LoadWatch load, long start, CancellationToken stop)
    {
        for (var left = profile.StableOnly; left > TimeSpan.Zero; left = profile.StableOnly - clock.GetElapsedTime(start))
        {
            var status = await admin.GetAsync<ServiceStatus>($"v1/services/{DemoFile.Service}", stop);
            view.Show(status, load.Latest, FormattableString.Invariant($"v1 alone for {Math.Ceiling(left.TotalSeconds)} s more"));
            await Task.Delay(left < TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1), clock, stop);
        }
    }

    private async Task PublishAsync(DaemonHost host, string file, Uri v1, Uri v2, CancellationToken stop)
    {
        await DemoFile.WriteAsync(file, DemoFile.Text(profile, v1, v2), stop);
        var problems = await host.ReloadAsync(stop);
        if (!problems.IsEmpty) throw new Failure("v2 could not be published", file, string.Join("; ", problems));
    }

    private async Task<Ending> FollowAsync(AdminClient admin, LoadWatch load, Child v1, Child v2, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(profile.Limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        var last = string.Empty;
        try
        {
            await foreach (var status in admin.WatchAsync(DemoFile.Service, either.Token))
            {
                view.Show(status, load.Latest, null);
                if (Ending.Of(status) is { } ending) return ending;
                if (status.Rollout is not { } rollout) continue;
                last = rollout.Reason;
                foreach (var cue in director.See(rollout, clock.GetUtcNow())) await GiveAsync(cue, v1, v2, stop);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            throw new Failure("no outcome", $"within {Profile.Word(profile.Limit)}", $"the last word was: {last}");
        }

        throw new Failure("the daemon stopped", admin.Address, $"the last word was: {last}");
    }

    private async Task GiveAsync(Cue cue, Child v1, Child v2, CancellationToken stop)
    {
        switch (cue)
        {
            case Cue.KillV2:
                view.Say("v2 is killed");
                v2.Kill();
                break;
            case Cue.Incident:
                view.Say($"v1 and v2 suffer an incident for {Profile.Word(Profile.IncidentLength)}");
                var order = FormattableString.Invariant($"incident {Profile.IncidentLength.TotalSeconds}");
                await v1.OrderAsync(order, stop);
                await v2.OrderAsync(order, stop);
                break;
            case Cue.Leak:
                view.Say(FormattableString.Invariant($"v2 begins to leak: {profile.LeakPerSecond * 100} % slower each second"));
                await v2.OrderAsync(FormattableString.Invariant($"leak {profile.LeakPerSecond}"), stop);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private Summary Sum(Ending ending, LoadReport report, Journal journal, double seconds) => new(
        profile.Scenario.ToString().ToLowerInvariant(), profile.IsFast, ending.Outcome.Word(), profile.Scenario.IsRight(ending.Outcome),
        journal.HighestWeight / 100.0, report.BadV2, ending.Outcome == Outcome.RolledBack ? journal.SecondsToRollback(report.FirstBadV2) : null,
        journal.Decisions, Math.Round(seconds, 1), report.Sent, report.Shed, ending.Why, [.. profile.Scaled]);
}

/// <summary>Where the demonstration is seen.</summary>
internal interface IDemoView : IDisposable
{
    /// <summary>A moment of the story.</summary>
    void Say(string line);

    /// <summary>The picture now; the stage is what happens when no rollout does.</summary>
    void Show(ServiceStatus status, LoadReport load, string? stage);
}
