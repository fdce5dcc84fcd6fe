using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using TrafficCtl.Cli.Printing;
using TrafficCtl.Simulator.Comparing;
using TrafficCtl.Simulator.Reports;
using TrafficCtl.Simulator.TypeI;

namespace TrafficCtl.Cli.Simulating;

/// <summary>The type-I check on stdout: a table for a reader, or one line of JSON.</summary>
internal static class TypeIText
{
    public static void Write(TypeIPlan plan, ImmutableArray<TypeICell> cells, TextWriter to)
    {
        to.WriteLine(
            $"False failures at alpha 1 %: {plan.Runs} runs of {plan.Looks} looks each, 10 % of the traffic on the candidate, seed "
                + $"{plan.Seed}");
        var table = new Columns(
            "NULL", "REQ/S", "PROMISED", "FAILED", "95 % INTERVAL", "WITHOUT PLACEBOS", "ERRORS ALONE", "UNSURE AT THE END");
        foreach (var cell in cells)
        {
            table.Add(cell.Case.Scenario.Name, PrintedUnits.Rate(cell.Case.RequestsPerSecond), cell.Case.IsPromised ? "yes" : "no",
                Words(cell.Guarded), Interval(cell.Guarded), Words(cell.Bare), Words(cell.Errors), Words(cell.Unsure));
        }

        table.WriteTo(to);
        to.WriteLine();
        to.WriteLine(
            "Failed: runs in which the whole judge failed the candidate at any look, with stable's own instances as placebos. Errors");
        to.WriteLine("alone: that one process at 1/alpha, without placebos. An edge: the candidate is just as bad as harm tolerates.");
    }

    public static void WriteJson(TypeIPlan plan, ImmutableArray<TypeICell> cells, TextWriter to)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream)) TypeIJson.Write(plan, cells, json);
        to.WriteLine(Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length));
    }

    private static string Words(Share share) => $"{share.Count} ({PrintedUnits.Percent(share.Value)})";

    private static string Interval(Share share) => $"{PrintedUnits.Percent(share.Low)} to {PrintedUnits.Percent(share.High)}";
}
