using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>
/// Queries that people wrote: each text asked once a minute, as gauges are judged by the minute, or until it has a number.
/// </summary>
/// <remarks>
/// A query gives one number for each arm, told apart by the label <c>arm</c>: <c>stable</c> or <c>candidate</c>. In it
/// <c>{service}</c>, <c>{namespace}</c>, <c>{stable}</c> and <c>{candidate}</c> stand for the service, its namespace, and
/// the workloads of the arms (behind the embedded proxy, their versions).
/// The installation's matchers are added to nothing here: <c>{selector}</c> stands for them.
/// </remarks>
internal sealed class CustomMetrics
{
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(60);

    /// <summary>In one round; the longest waiting first.</summary>
    public const int MostARound = 200;

    /// <summary>An answer that is older is no reading.</summary>
    public static readonly TimeSpan ValidFor = 3 * Every;
    private static readonly MetricPair NoReading = new(double.NaN, double.NaN);

    private readonly Dictionary<string, Answer> answers = new(StringComparer.Ordinal);

    private sealed record Answer(DateTimeOffset AskedAt, DateTimeOffset GoodAt, MetricPair Pair, string? Trouble);

    /// <summary>The text to ask for a service; null while an arm that it names has no slot.</summary>
    public static string? Text(string query, ServiceState service, string selector)
    {
        return new QueryWords(service.Name, service.Target!.Namespace, selector, Slot(Arm.Stable), Slot(Arm.Candidate)).Fill(query);

        string? Slot(Arm arm) => service.SlotOf(arm) is { } slot ? slot.Workload ?? slot.Service : null;
    }

    /// <summary>Those of the texts that are due, oldest first.</summary>
    public IEnumerable<string> Due(IEnumerable<string> texts, DateTimeOffset at) => texts
        .Distinct(StringComparer.Ordinal)
        .Where(t => !answers.TryGetValue(t, out var held) || at - held.AskedAt >= Every)
        .OrderBy(t => answers.TryGetValue(t, out var held) ? held.AskedAt : DateTimeOffset.MinValue)
        .Take(MostARound)
        .ToArray();

    public void Answered(string text, PromAnswer answer, DateTimeOffset at)
    {
        var pair = NoReading;
        var trouble = answer.Warnings is [var warning, ..] ? $"came with a warning, so it is no reading: {warning}" : null;
        foreach (var sample in answer.Samples)
        {
            if (trouble is not null) break;
            switch (sample.Labels["arm"])
            {
                case "stable" when double.IsNaN(pair.Stable): pair = pair with { Stable = Finite(sample.Value) }; break;
                case "candidate" when double.IsNaN(pair.Candidate): pair = pair with { Candidate = Finite(sample.Value) }; break;
                case "stable" or "candidate":
                    trouble = $"gives more than one number for the arm {sample.Labels["arm"]}: aggregate by (arm)"; break;
                case "": trouble = "gives series without a label arm: aggregate by (arm), or make the label with label_replace"; break;
                case var other: trouble = $"gives the arm \"{other}\": write stable or candidate"; break;
            }
        }

        // What has no number yet (a young rollout) is asked again with the next scrape.
        var isSilent = trouble is null && double.IsNaN(pair.Stable) && double.IsNaN(pair.Candidate);
        answers[text] = new Answer(isSilent ? at - Every : at, at, trouble is null ? pair : NoReading, trouble);
    }

    public void Failed(string text, string why, DateTimeOffset at) =>
        answers[text] = answers.TryGetValue(text, out var held)
            ? held with { AskedAt = at, Trouble = why }
            : new Answer(at, DateTimeOffset.MinValue, NoReading, why);

    /// <summary>The newest values; NaN when there are none, or they are old.</summary>
    public MetricPair Find(string text, DateTimeOffset at) =>
        answers.TryGetValue(text, out var held) && at - held.GoodAt <= ValidFor ? held.Pair : NoReading;

    public string? TroubleOf(string text) => answers.TryGetValue(text, out var held) ? held.Trouble : null;

    public void Clear() => answers.Clear();

    /// <summary>It is due at once.</summary>
    public void Drop(string text) => answers.Remove(text);

    /// <summary>What nobody asks for any more.</summary>
    public void Forget(DateTimeOffset at)
    {
        foreach (var (text, answer) in answers.ToArray())
            if (at - answer.AskedAt > 10 * Every) answers.Remove(text);
    }

    private static double Finite(double value) => double.IsFinite(value) ? value : double.NaN;
}
