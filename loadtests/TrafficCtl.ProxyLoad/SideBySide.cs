namespace TrafficCtl.ProxyLoad;

/// <summary>Rounds in which every contender runs once, in an order that turns, so that no one always follows the same.</summary>
internal static class SideBySide
{
    /// <summary>Long enough for the optimising compiler to have seen the request path.</summary>
    private const int WarmUpSeconds = 5;

    public static async Task<int> RunAsync(LoadOptions options, TextWriter output, CancellationToken stop)
    {
        await using var field = new Field(options);
        await field.StartAsync(stop);
        var contenders = field.Contenders;
        output.WriteLine($"contenders: {string.Join(", ", contenders.Select(c => c.Name))}");
        foreach (var left in new[] { "nginx", "haproxy" }.Where(t => !Settings.Has(t)))
            output.WriteLine($"left out: {left} is not installed and could not be");

        var all = new List<Measured>();
        foreach (var connections in options.Connections)
        {
            foreach (var contender in contenders)
                await Wrk.RunAsync(contender, connections, Math.Max(WarmUpSeconds, options.Seconds), 0, stop);
            for (var round = 1; round <= options.Pairs; round++)
            {
                for (var i = 0; i < contenders.Count; i++)
                {
                    var at = round % 2 == 0 ? contenders.Count - 1 - i : i;
                    all.Add(await Wrk.RunAsync(
                        contenders[(at + (round / 2)) % contenders.Count], connections, options.Seconds, round, stop));
                }

                await output.WriteLineAsync($"{connections} connections: round {round} of {options.Pairs}");
            }
        }

        foreach (var ours in contenders.Where(c => c.Name.StartsWith("header-", StringComparison.Ordinal)))
            output.WriteLine($"{ours.Name}: {await field.CandidateShareAsync(ours.Address, stop):0%} of the users still on the candidate");
        Report.Print(
            output, [.. all.OrderBy(m => contenders.ToList().FindIndex(c => c.Name == m.Contender))],
            contenders.ToDictionary(c => c.Name, c => c.Process.ResidentBytes(), StringComparer.Ordinal));
        if (options.Csv is { } csv) Report.WriteCsv(csv, all);
        return all.Any(m => m.Failures > 0) ? 1 : 0;
    }
}
