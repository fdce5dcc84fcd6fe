using Spectre.Console;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Watching;

/// <summary>The evidence of each signal against its bound: of "not worse" while it may pass, of harm once it fails.</summary>
internal static class EvidenceView
{
    private const string Historical = " (historical)";

    /// <summary>The combined evidence of harm.</summary>
    public static Paragraph Harm(Judgement judgement, Layout layout) => Line(
        layout, "harm", HarmFraction(judgement), judgement.Verdict == "fail" ? Color.Red : Color.Yellow, judgement.Verdict,
        $"{HarmText(judgement)}{(judgement.Blame.Length > 0 ? $", {judgement.Blame}" : "")}");

    public static Paragraph Signal(Finding finding, Layout layout) => Line(
        layout, Label(finding), finding.Bound > 0 ? finding.Evidence / finding.Bound : 0, ColorOf(finding.Verdict), finding.Verdict,
        Ratio(finding));

    /// <summary>The signal; that it is compared with stable's past is said beside its ratio.</summary>
    public static string Label(Finding finding) => IsHistorical(finding) ? finding.Signal[..^Historical.Length] : finding.Signal;

    /// <summary>What fails first, then what is open.</summary>
    public static IEnumerable<Finding> ByConcern(Judgement judgement) => judgement.Findings.OrderBy(static f => f.Verdict switch
    {
        "fail" => 0,
        "pass" => 2,
        _ => 1,
    });

    private static Paragraph Line(Layout layout, string label, double fraction, Color color, string verdict, string text) =>
        Bars.AppendTo(layout.Line(label), fraction, layout.Bar, color)
            .Append("  ").Append(Word(verdict).PadRight(6), new Style(ColorOf(verdict))).Append(text);

    /// <summary>Both are logarithms: E grows by multiplication.</summary>
    private static double HarmFraction(Judgement judgement) =>
        judgement.Evidence <= 0 || judgement.Bound <= 0 ? 0 : judgement.Evidence / judgement.Bound;

    private static string HarmText(Judgement judgement) => judgement.HasEvidence
        ? $"E {PrintedUnits.Evidence(Math.Exp(judgement.Evidence))} of {PrintedUnits.Evidence(Math.Exp(judgement.Bound))}"
        : "no evidence yet";

    private static string Ratio(Finding finding) =>
        (!finding.HasEstimate ? ""
        : !finding.HasLow || !finding.HasHigh ? $"× {PrintedUnits.Factor(finding.Estimate)}"
        : $"× {PrintedUnits.Factor(finding.Estimate)} ({PrintedUnits.Factor(finding.Low)} to {PrintedUnits.Factor(finding.High)})")
        + (IsHistorical(finding) ? " against stable's past" : "");

    private static bool IsHistorical(Finding finding) => finding.Signal.EndsWith(Historical, StringComparison.Ordinal);

    /// <summary>A signal is unsure only at a deadline; until then it is being measured.</summary>
    private static string Word(string verdict) => verdict == "unsure" ? "open" : verdict;

    private static Color ColorOf(string verdict) => verdict switch
    {
        "pass" => Color.Green,
        "fail" => Color.Red,
        _ => Color.Aqua,
    };
}
