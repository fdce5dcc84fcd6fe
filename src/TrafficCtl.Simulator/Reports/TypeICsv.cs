using System.Collections.Immutable;
using System.Globalization;
using TrafficCtl.Simulator.TypeI;

namespace TrafficCtl.Simulator.Reports;

/// <summary>One line a case; counts of runs.</summary>
public static class TypeICsv
{
    public static void Write(TypeIPlan plan, ImmutableArray<TypeICell> cells, TextWriter to)
    {
        to.Write("case,requests_per_second,is_promised,looks,runs,failed,failed_without_placebos,errors_alone,unsure_at_the_end\n");
        foreach (var cell in cells)
        {
            to.Write(string.Create(CultureInfo.InvariantCulture,
                $"{cell.Case.Scenario.Name},{cell.Case.RequestsPerSecond},{(cell.Case.IsPromised ? "true" : "false")},"
                + $"{plan.Looks},{plan.Runs},{cell.Guarded.Count},{cell.Bare.Count},{cell.Errors.Count},{cell.Unsure.Count}\n"));
        }
    }
}
