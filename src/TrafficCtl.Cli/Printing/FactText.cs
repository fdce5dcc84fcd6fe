using TrafficCtl.V1;

namespace TrafficCtl.Cli.Printing;

/// <summary>Facts for a reader.</summary>
internal static class FactText
{
    public static void WriteWhy(WhyResponse why, TextWriter to)
    {
        to.WriteLine(why.Summary);
        if (why.Facts.Count == 0) return;
        to.WriteLine();
        var lines = new Columns();
        foreach (var fact in why.Facts) lines.Add(PrintedUnits.DayAndTime(fact.At), KindOf(fact), fact.Text);
        lines.WriteTo(to, "  ");
    }

    public static void WriteHistory(HistoryResponse history, TextWriter to)
    {
        if (history.Facts.Count == 0)
        {
            to.WriteLine("nothing is recorded yet");
            return;
        }

        var table = new Columns("SEQ", "AT", "ROLLOUT", "FACT", "TEXT");
        foreach (var fact in history.Facts)
            table.Add(
                $"{fact.Seq}", PrintedUnits.DayAndTime(fact.At), fact.Rollout.Length > 0 ? fact.Rollout : "-", KindOf(fact), fact.Text);
        table.WriteTo(to);
    }

    private static string KindOf(Fact fact) => fact.What.Length == 0 || fact.What == fact.Kind ? fact.Kind : $"{fact.Kind} {fact.What}";
}
