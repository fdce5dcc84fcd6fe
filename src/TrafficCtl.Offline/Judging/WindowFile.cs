namespace TrafficCtl.Offline.Judging;

/// <summary>Windows, one JSON object a line, to a verdict for each trace, one JSON object a line.</summary>
/// <remarks>One thread reads, the caller's judges. Memory does not grow with the file.</remarks>
public static class WindowFile
{
    /// <summary>Judges all traces in the order of the stream; each is printed as it ends.</summary>
    /// <returns>False when lines were bad or the stream broke; everything else was still judged.</returns>
    public static bool Judge(Stream windows, WindowFileOptions options, TextWriter output, TextWriter error, CancellationToken stop)
    {
        var bad = new BadLines(options.Name, error);
        using var text = new VerdictText(options.Explain);
        Judge(windows, options, bad, verdict =>
        {
            output.WriteLine(text.Of(verdict));
            output.Flush();
        }, stop);
        bad.Finish();
        return bad.Count == 0;
    }

    /// <param name="windows">One JSON object a line.</param>
    /// <param name="options">How they are judged.</param>
    /// <param name="bad">Is told of lines that are left out.</param>
    /// <param name="give">Takes the verdict of each trace as it ends.</param>
    /// <param name="stop">Ends it.</param>
    internal static void Judge(
        Stream windows, WindowFileOptions options, IBadLines bad, Action<TraceVerdict> give, CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var queue = new TickQueue(ended.Token);
        var reading = Task.Factory.StartNew(
            () => Feed(windows, options, queue, bad), ended.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            Give(queue, options, give);
            reading.GetAwaiter().GetResult();
        }
        finally
        {
            ended.Cancel();
        }
    }

    private static void Feed(Stream windows, WindowFileOptions options, TickQueue queue, IBadLines bad)
    {
        try
        {
            Read(windows, options, queue, bad);
        }
        finally
        {
            queue.Complete();
        }
    }

    private static void Read(Stream windows, WindowFileOptions options, TickQueue queue, IBadLines bad)
    {
        var lines = new LineReader(windows);
        var reader = new WindowReader(options.Analysis);
        var traces = new Traces(queue, options.Analysis.Metrics.Length);
        var isBroken = false;
        try
        {
            while (lines.TryRead(out var line, out var isTooLong))
            {
                if (lines.Number == 1 && line.StartsWith("\uFEFF"u8)) line = line[3..];
                if (!isTooLong && line.TrimStart(" \t\r"u8).IsEmpty) continue;
                var problem = isTooLong ? $"longer than {LineReader.MostBytes} bytes, write one window a line" : reader.Read(line);
                if (problem is not null) traces.AddBad(isTooLong ? default : line);
                else problem = traces.Add(reader.Window);
                if (problem is not null) bad.Add(lines.Number, problem);
            }

            if (lines.Number == 0) bad.Add(1, "no windows, write one JSON object a line");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            isBroken = true;
            bad.Add(lines.Number + 1, $"cannot be read on: {fault.Message}");
        }

        traces.Finish(isBroken);
        // Without a good line nothing is known of what the windows have.
        if (lines.Number <= bad.Count) return;
        foreach (var missing in reader.Metrics.Missing()) bad.Note(missing);
    }

    private static void Give(TickQueue queue, WindowFileOptions options, Action<TraceVerdict> give)
    {
        var judge = new TraceJudge(options.Analysis, options.Next);
        foreach (var tick in queue.Take())
        {
            if (tick.End is not { } end)
            {
                judge.Observe(tick);
                continue;
            }

            give(judge.Finish(end));
        }
    }
}
