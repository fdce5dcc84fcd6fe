using TrafficCtl.Cli.Demo.Load;
using TrafficCtl.Cli.Demo.Story;
using TrafficCtl.Cli.Demo.Views;
using TrafficCtl.Cli.Printing;

namespace TrafficCtl.Cli.Demo;

/// <summary>Watches the rollout to its end and gives the scenario's cues.</summary>
internal sealed class DemoFollower(
    Profile profile, PatientAdmin admin, LoadWatch load, IDemoView view, TimeProvider clock, Child v1, Child v2)
{
    private readonly Director director = new(profile);

    /// <returns>How the rollout ended; <see cref="DemoOutcome.Unfinished"/> when it did not within the limit.</returns>
    public async Task<DemoEnding> FollowAsync(TimeSpan limit, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, stop);
        var last = "no rollout began";
        try
        {
            await foreach (var status in admin.WatchAsync(DemoFile.Service, either.Token))
            {
                view.Show(status, load.Latest, null);
                if (DemoEnding.Of(status) is { } ending) return ending;
                if (status.Rollout is not { } rollout) continue;
                last = rollout.Reason;
                foreach (var cue in director.See(rollout, clock.GetUtcNow())) await GiveAsync(cue, stop);
            }
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            // The last word is in the ending.
        }

        return new DemoEnding(DemoOutcome.Unfinished, last);
    }

    private async Task GiveAsync(Cue cue, CancellationToken stop)
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
                view.Say($"v2 begins to leak: {PrintedUnits.Percent(profile.LeakPerSecond)} slower each second");
                await v2.OrderAsync(FormattableString.Invariant($"leak {profile.LeakPerSecond}"), stop);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
