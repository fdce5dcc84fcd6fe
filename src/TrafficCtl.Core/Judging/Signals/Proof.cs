using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>What one signal alone has shown: harm when it fails, otherwise how far it is shown to be no worse.</summary>
/// <param name="LogE">The evidence that decides it.</param>
/// <param name="Bound">What that must reach.</param>
/// <param name="IsShown">The evidence is of "no worse", not of harm.</param>
/// <param name="Holds">It is advisory and worse: no failure, but nothing passes.</param>
internal readonly record struct Proof(Verdict Verdict, double LogE, double Bound, bool IsShown, string? Note, bool Holds = false)
{
    public const string PastSuffix = " (historical)";

    public string HarmText => $"evidence {(Verdict == Verdict.Fail || Holds ? "of harm " : "")}{NumberText.LogEvidence(LogE)} of "
        + $"{NumberText.LogEvidence(Bound)}{Note}";

    public static Proof Of(Evidence evidence, Signal signal, int margin)
    {
        var bound = evidence.HarmBound(signal, historical: false);
        var harm = signal.HarmLogE - signal.PlaceboLogE;
        var isBlamed = evidence.Failure is { IsHistorical: false } failure && ReferenceEquals(evidence.Signals[failure.Signal], signal);
        var note = signal.PlaceboLogE > 0
            ? $", divided by {NumberText.LogEvidence(signal.PlaceboLogE)} that stable's own instances earned"
            : null;
        if (isBlamed || (evidence.Failure is not null && signal.IsCritical && harm >= bound))
            return new(Verdict.Fail, harm, bound, false, note);
        if (!signal.IsCritical && (harm >= bound || ReferenceEquals(Obstacles.Holding(evidence, historical: false), signal)))
            return new(Verdict.Unsure, harm, bound, false, note, Holds: true);
        if (!signal.HasMargins || evidence.Mode != ComparedWith.Stable) return new(Verdict.Unsure, harm, bound, false, note);
        var needed = -Math.Log(evidence.Analysis.AlphaNonInferiority);
        var shown = signal.ShownLogE(margin);
        return new(shown >= needed ? Verdict.Pass : Verdict.Unsure, shown, needed, true, null);
    }

    public static Proof OfPast(Evidence evidence, Signal signal)
    {
        var bound = evidence.HarmBound(signal, historical: true);
        var isBlamed = evidence.Failure is { IsHistorical: true } failure && ReferenceEquals(evidence.Signals[failure.Signal], signal);
        return new(isBlamed ? Verdict.Fail : Verdict.Unsure, signal.PastLogE, bound, false, null);
    }

    /// <param name="margin">The margin in words.</param>
    public string Text(string? margin) => (Verdict, IsShown) switch
    {
        (Verdict.Fail, _) => HarmText,
        (_, false) when Holds => $"worse than the tolerance: {HarmText}",
        (_, false) when margin is null => $"watched for harm: {HarmText}",
        (_, false) => $"watched for harm only: {HarmText}",
        (Verdict.Pass, _) => $"shown to be no worse by {margin}: {HarmText}",
        _ => $"not yet shown to be no worse by {margin}: {HarmText}",
    };
}
