using Microsoft.Extensions.Logging;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Routing;
using TrafficCtl.Proxy.Signals;
using TrafficCtl.Proxy.Snapshots;

namespace TrafficCtl.Proxy.Routing;

/// <summary>
/// The safety breaker's shell: every 250 ms it reads the proxy's own counters, and takes a plainly failing candidate to 0.
/// </summary>
/// <remarks>It needs no store, no judge, no controller and no disk; the disk only makes its latch survive a restart.</remarks>
internal sealed partial class Breaker(
    ServiceRuntimes services, IArmHealthSource health, LatchFile latches, TimeProvider clock, ILogger log, Action? afterwards = null)
        : IDisposable
{
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    private readonly long origin = clock.GetTimestamp();
    private ITimer? timer;
    private int isTicking;

    public void Start() => timer ??= clock.CreateTimer(static breaker => ((Breaker)breaker!).Tick(), this, Period, Period);

    public void Dispose() => timer?.Dispose();

    private void Tick()
    {
        if (Interlocked.Exchange(ref isTicking, 1) != 0) return;
        try
        {
            var second = (int)clock.GetElapsedTime(origin).TotalSeconds;
            foreach (var (key, runtime) in services.All)
            {
                try
                {
                    Watch(runtime, second);
                }
                catch (Exception fault)
                {
                    // One service's fault must not leave the others, or the process, without a breaker.
                    LogFault(key.Name, fault);
                }
            }
        }
        finally
        {
            Volatile.Write(ref isTicking, 0);
        }

        // Outside the guard: a disk that hangs keeps the next ticks from nothing.
        latches.Save();
        afterwards?.Invoke();
    }

    private void Watch(ServiceRuntime runtime, int second)
    {
        var serving = runtime.Current;
        serving.Measured.Advance(second);
        runtime.Paths.Advance(second);
        var state = runtime.Breaker;
        Pulse stable = serving.Measured.ReadPulse(Arm.Stable), candidate = serving.Measured.ReadPulse(Arm.Candidate);
        var (stableMore, candidateMore) = state.Advance(serving.Measured, stable, candidate);
        // A user counts up to its third failure, unless that would leave most of the traffic out.
        var isCapped = !serving.Measured.Concentration.IsFew;
        (stableMore, candidateMore) = (stableMore.Weighed(isCapped), candidateMore.Weighed(isCapped));
        (stable, candidate) = (stable.Weighed(isCapped), candidate.Weighed(isCapped));
        if (serving.Route.RolloutId is not { } rollout || serving.IsLatched) return;
        state.Follow(serving.Route.Exposure);

        // What ends after the candidate's share was taken to 0 says nothing new; stable's rate is learnt also before a candidate comes.
        var more = serving.Route.Exposure.Highest > Weights.AllStable ? candidateMore : default;
        var evidence = state.Evidence;
        var isTripped = evidence.Observe(new BreakerTick(
            more.Requests, more.Failures, candidate.Started - candidate.Ended, stableMore.Requests, stableMore.Failures));
        if (isTripped || evidence.IsFailing || evidence.Limit < Weights.Total)
        {
            Act(runtime, serving, rollout, isTripped, stable, candidate);
            return;
        }

        state.IsAlarmed = false;
        Limit(runtime, serving, rollout, stable, candidate);
    }

    private void Act(ServiceRuntime runtime, Serving serving, string rollout, bool isTripped, in Pulse stable, in Pulse candidate)
    {
        var (service, state) = (serving.Spec.Key.Name, runtime.Breaker);
        var canReturn = health.HealthOf(serving.Spec.Key, serving.StableVersion).Live > 0;
        state.Follow(canReturn);
        if (!canReturn)
        {
            runtime.Limit(rollout, Weights.AllCandidate, clock.GetUtcNow());
            if (state.IsAlarmed || !(isTripped || state.Evidence.IsFailing)) return;
            state.IsAlarmed = true;
            state.CountAlarm();
            var failed = Counted(stable, candidate);
            LogAlarm(service, rollout, serving.StableVersion, failed);
            return;
        }

        if (!isTripped)
        {
            Limit(runtime, serving, rollout, stable, candidate);
            return;
        }

        var why = $"{Counted(stable, candidate)}; evidence {NumberText.Evidence(state.Evidence.Evidence)} of 10,000 against max(20 %, 3 × "
            + "stable's rate)";
        if (runtime.Trip(rollout, clock.GetUtcNow(), why) is not { } latch) return;
        state.CountTrip();
        latches.Set(latch);
        LogTripped(service, rollout, why);
    }

    private void Limit(ServiceRuntime runtime, Serving serving, string rollout, in Pulse stable, in Pulse candidate)
    {
        var limit = Weights.OfCandidate(runtime.Breaker.Evidence.Limit);
        if (limit == Weights.AllCandidate && serving.Limit == limit) return;
        if (!runtime.Limit(rollout, limit, clock.GetUtcNow())) return;
        var (service, failed) = (serving.Spec.Key.Name, Counted(stable, candidate));
        if (limit == Weights.AllCandidate) LogRestored(service, rollout, failed);
        else LogLimited(service, rollout, limit, serving.StableVersion, failed);
    }

    private static string Counted(in Pulse stable, in Pulse candidate) =>
        $"the candidate failed {Failed(candidate)}, stable {Failed(stable)}";

    private static string Failed(in Pulse pulse) =>
        $"{NumberText.Count(pulse.Failures)} of {NumberText.Count(pulse.Requests)} requests"
        + (pulse.Late > 0 ? $" ({NumberText.Count(pulse.Late)} of them abandoned by their clients later than stable usually answers)" : "");

    [LoggerMessage(Level = LogLevel.Error, Message = "{Service}: the safety breaker could not look this time; it looks again in 250 ms")]
    private partial void LogFault(string service, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Service}: the safety breaker limits rollout {Rollout} to {Limit} until the "
        + "answers of {Stable} tell whether only the candidate fails: {Why}")]
    private partial void LogLimited(string service, string rollout, Weights limit, string stable, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Service}: the safety breaker gives rollout {Rollout} its share back, for "
        + "stable fails as well or the candidate has recovered: {Why}")]
    private partial void LogRestored(string service, string rollout, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Service}: the safety breaker took rollout {Rollout} to weight 0: {Why}")]
    private partial void LogTripped(string service, string rollout, string why);

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "{Service}: rollout {Rollout} fails, and {Stable} has no live endpoint to go back to; the weight stays: {Why}")]
    private partial void LogAlarm(string service, string rollout, string stable, string why);
}
