using Spectre.Console;
using Spectre.Console.Rendering;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Watching;

/// <summary>The evidence of each signal against its bound: of "not worse" while it may pass, of harm once it fails.</summary>
internal static class EvidenceView
{
    private static readonly Style Dim = new(Color.Grey);

    public static IRenderable Render(Judgement judgement, int labelWidth, int barWidth)
    {
        var grid = new Grid();
        for (var i = 0; i < 4; i++) grid.AddColumn(new GridColumn { NoWrap = true, Padding = new Padding(0, 0, 2, 0) });
        grid.AddRow(
            new Text("harm".PadRight(labelWidth), Dim),
            Bars.Of(HarmFraction(judgement), barWidth, judgement.Verdict == "fail" ? Color.Red : Color.Yellow),
            Word(judgement.Verdict),
            new Text($"E {Units.Evidence(judgement.Evidence)} of {Units.Evidence(judgement.Bound)}{(judgement.Blame.Length > 0 ? $", {judgement.Blame}" : "")}"));
        foreach (var finding in judgement.Findings)
            grid.AddRow(
                new Text(finding.Signal, Dim),
                Bars.Of(finding.Bound > 0 ? finding.Evidence / finding.Bound : 0, barWidth, ColorOf(finding.Verdict)),
                Word(finding.Verdict),
                new Text(Ratio(finding)));
        return grid;
    }

    /// <summary>E grows by multiplication, so the way to its bound is measured in logarithms.</summary>
    private static double HarmFraction(Judgement judgement) =>
        judgement.Evidence <= 1 || judgement.Bound <= 1 ? 0 : Math.Log(judgement.Evidence) / Math.Log(judgement.Bound);

    private static string Ratio(Finding finding) =>
        double.IsNaN(finding.Estimate) ? ""
        : double.IsNaN(finding.Low) || double.IsNaN(finding.High) ? $"× {Units.Factor(finding.Estimate)}"
        : $"× {Units.Factor(finding.Estimate)} ({Units.Factor(finding.Low)} to {Units.Factor(finding.High)})";

    /// <summary>A signal is unsure only at a deadline; until then it is being measured.</summary>
    private static Text Word(string verdict) => new(verdict == "unsure" ? "open" : verdict, new Style(ColorOf(verdict)));

    private static Color ColorOf(string verdict) => verdict switch
    {
        "pass" => Color.Green,
        "fail" => Color.Red,
        _ => Color.Aqua,
    };
}
