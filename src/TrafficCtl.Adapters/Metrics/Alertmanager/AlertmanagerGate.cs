using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Adapters.Metrics.Alertmanager;

/// <summary>Closed while an alert of the service fires; unknown while Alertmanager does not answer.</summary>
/// <remarks>One question for all services, some times a minute; a service's answer comes from memory.</remarks>
public sealed partial class AlertmanagerGate : IGateSource, IQuestionSource
{
    private const int MostNamed = 3;

    private readonly AlertmanagerClient client;
    private readonly AlertmanagerOptions options;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private volatile Answer answer = new([], null, "it was not asked yet");

    /// <param name="http">The client that asks Alertmanager; its owner is the caller.</param>
    /// <param name="options">Where and what.</param>
    /// <param name="clock">For the pauses, and the age of an answer.</param>
    /// <param name="log">Changes between answering and silent.</param>
    public AlertmanagerGate(HttpMessageInvoker http, AlertmanagerOptions options, TimeProvider clock, ILogger<AlertmanagerGate> log)
    {
        client = new AlertmanagerClient(http, options, clock);
        (this.options, this.clock, this.log) = (options, clock, log);
    }

    public bool Answers(Gate gate) => gate is QuietGate { Source: QuietSource.Alerts };

    public ValueTask<GateAnswer> AskAsync(Gate gate, ServiceSpec service, CancellationToken stop)
    {
        var known = answer;
        var age = known.At is { } at ? at.AgeBy(clock) : TimeSpan.MaxValue;
        return ValueTask.FromResult(age > options.StaleAfter ? new GateAnswer.Unknown(Silence(known, age)) : Of(service, known.Firing));
    }

    /// <summary>Alerts are of the service and not of a bundle.</summary>
    public ValueTask<GateAnswer> AskAsync(Gate gate, Question question, ServiceSpec where, CancellationToken stop) =>
        AskAsync(gate, where, stop);

    /// <summary>Asks again and again until stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await RefreshAsync(stop);
                await Task.Delay(options.Every, clock, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    internal async Task RefreshAsync(CancellationToken stop)
    {
        try
        {
            var firing = await client.AskAsync(stop);
            if (answer.Trouble is not null) Answers(log);
            answer = new Answer(firing, new Stamp(clock.GetTimestamp(), clock.GetUtcNow()), null);
        }
        catch (AlertmanagerException fault)
        {
            // What it said last holds for a minute; then the gate is unknown, and holds in its own words.
            if (answer.Trouble is null) Silent(log, fault);
            answer = answer with { Trouble = fault.Message };
        }
    }

    private static GateAnswer Of(ServiceSpec service, ImmutableArray<Alert> firing)
    {
        var own = firing.Where(a => a.IsOf(service)).OrderBy(a => a.Since).ThenBy(a => a.Name, StringComparer.Ordinal).ToArray();
        if (own.Length == 0) return new GateAnswer.Open("none fires");
        var named = string.Join(", ", own.Take(MostNamed).Select(Words));
        var more = own.Length > MostNamed ? $" and {own.Length - MostNamed} more" : "";
        return new GateAnswer.Closed($"{own.Length} {(own.Length == 1 ? "alert fires" : "alerts fire")}: {named}{more}");
    }

    private static string Words(Alert alert) =>
        $"{alert.Name}{(alert.Severity is { } severity ? $" ({severity})" : "")} since {InstantText.Of(alert.Since)}";

    private static string Silence(Answer known, TimeSpan age) => known.At is null
        ? $"what fires is unknown: {known.Trouble}"
        : $"what fires is unknown: the last answer is {DurationText.Elapsed(age)} "
            + $"old{(known.Trouble is null ? "" : $"; {known.Trouble}")}";

    /// <param name="At">When Alertmanager was heard last; null before the first time.</param>
    private sealed record Answer(ImmutableArray<Alert> Firing, Stamp? At, string? Trouble);

    /// <summary>An instant by both clocks.</summary>
    private sealed record Stamp(long Timestamp, DateTimeOffset At)
    {
        /// <summary>
        /// The longer of two: the monotonic clock may stand while the machine is suspended, and the time of day may be set back; neither
        /// makes an old answer a fresh one.
        /// </summary>
        public TimeSpan AgeBy(TimeProvider clock)
        {
            var (ran, passed) = (clock.GetElapsedTime(Timestamp), clock.GetUtcNow() - At);
            return ran > passed ? ran : passed;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Alertmanager does not answer; services that need quiet alerts hold if this lasts")]
    private static partial void Silent(ILogger log, Exception fault);

    [LoggerMessage(Level = LogLevel.Information, Message = "Alertmanager answers")]
    private static partial void Answers(ILogger log);
}
