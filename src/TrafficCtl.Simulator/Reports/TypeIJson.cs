using System.Collections.Immutable;
using System.Text.Json;
using TrafficCtl.Simulator.TypeI;

namespace TrafficCtl.Simulator.Reports;

/// <summary>One document: the plan, and every case with its counts and intervals.</summary>
public static class TypeIJson
{
    public static void Write(TypeIPlan plan, ImmutableArray<TypeICell> cells, Utf8JsonWriter to)
    {
        to.WriteStartObject();
        to.Whole("seed", plan.Seed);
        to.WriteNumber("runs", plan.Runs);
        to.WriteNumber("looks", plan.Looks);
        to.WriteNumber("alpha", 0.01);
        to.WriteStartArray("cases");
        foreach (var cell in cells)
        {
            to.WriteStartObject();
            to.WriteString("case", cell.Case.Scenario.Name);
            to.WriteString("about", cell.Case.Scenario.About);
            to.WriteNumber("requestsPerSecond", cell.Case.RequestsPerSecond);
            to.WriteBoolean("isPromised", cell.Case.IsPromised);
            to.Share("failed", cell.Guarded);
            to.Share("failedWithoutPlacebos", cell.Bare);
            to.Share("errorsAlone", cell.Errors);
            to.Share("unsureAtTheEnd", cell.Unsure);
            to.WriteEndObject();
        }

        to.WriteEndArray();
        to.WriteEndObject();
    }
}
