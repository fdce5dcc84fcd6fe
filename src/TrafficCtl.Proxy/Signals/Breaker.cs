using Microsoft.Extensions.Logging;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Routing;
using TrafficCtl.Proxy.Routing;

namespace TrafficCtl.Proxy.Signals;

/// <summary>The safety breaker's shell: every 250 ms it reads the proxy's own counters, and takes a plainly failing candidate to 0.</summary>
/// <remarks>It needs no store, no judge, no controller and no disk; the disk only makes its latch survive a restart.</remarks>
internal sealed partial class Breaker(
    ServiceRuntimes services, IArmHealthSource health, LatchFile latches, TimeProvider clock, ILogger log) : IDisposable
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
            foreach (var (service, runtime) in services.All)
            {
                try
                {
                    Watch(runtime, second);
                }
                catch (Exception fault)
                {
                    // One service's fault must not leave the others, or the process, without a breaker.
                    LogFault(service, fault);
                }
            }
        }
        finally
        {
            Volatile.Write(ref isTicking, 0);
        }

        // Outside the guard: a disk that hangs keeps the next ticks from nothing.
        latches.Save();
    }

    private void Watch(ServiceRuntime runtime, int second)
    {
        var serving = runtime.Current;
        serving.Measured.Advance(second);
        var state = runtime.Breaker;
        Pulse stable = serving.Measured.ReadPulse(Arm.Stable), candidate = serving.Measured.ReadPulse(Arm.Candidate);
        var (stableMore, candidateMore) = state.Advance(serving.Measured, stable, candidate);
        if (serving.Route.RolloutId is not { } rollout || serving.Effective.Highest == Weights.AllStable) return;

        // Requests on their way count as good until they fail, so that quick failures do not outrun slow successes.
        var requests = Math.Max(Math.Max(candidateMore.Started, candidateMore.Requests), candidateMore.Failures);
        var isConcurrent = serving.Effective.General != Weights.AllCandidate;
        if (!state.Evidence.Observe(requests, candidateMore.Failures, stableMore.Requests, stableMore.Failures, isConcurrent))
        {
            state.IsAlarmed = false;
            return;
        }

        Trip(runtime, serving, rollout, $"the candidate failed {Failed(candidate)}, stable {Failed(stable)}; evidence {NumberText.Evidence(state.Evidence.Evidence)} of 10,000 against max(20 %, 3 × stable's rate)");
    }

    private static string Failed(in Pulse pulse) =>
        $"{pulse.Failures} of {pulse.Requests} requests"
        + (pulse.Late > 0 ? $" ({pulse.Late} of them abandoned by their clients later than stable usually answers)" : "");

    private void Trip(ServiceRuntime runtime, Serving serving, string rollout, string why)
    {
        var service = serving.Spec.Service;
        if (health.HealthOf(service, serving.StableVersion).Live == 0)
        {
            if (runtime.Breaker.IsAlarmed) return;
            runtime.Breaker.IsAlarmed = true;
            runtime.Breaker.CountAlarm();
            LogAlarm(service, rollout, serving.StableVersion, why);
            return;
        }

        if (runtime.Trip(rollout, clock.GetUtcNow(), why) is not { } latch) return;
        runtime.Breaker.CountTrip();
        latches.Set(latch);
        LogTripped(service, rollout, why);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Service}: the safety breaker could not look this time; it looks again in 250 ms")]
    private partial void LogFault(string service, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Service}: the safety breaker took rollout {Rollout} to weight 0: {Why}")]
    private partial void LogTripped(string service, string rollout, string why);

    [LoggerMessage(Level = LogLevel.Critical, Message = "{Service}: rollout {Rollout} fails, and {Stable} has no live endpoint to go back to; the weight stays: {Why}")]
    private partial void LogAlarm(string service, string rollout, string stable, string why);
}
