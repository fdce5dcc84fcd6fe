using System.CommandLine;
using System.Globalization;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Offline.Judging;

namespace TrafficCtl.Cli.Commands;

internal static class JudgeCommand
{
    private const int All = 10_000;

    public static readonly CommandEntry Entry = new(
        "judge", "Judges measured windows: pass, fail or unsure for each trace of a file", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var file = new Argument<string>("FILE")
        {
            Description = """
                Windows, one JSON object a line (- for standard input):
                {"trace":"a","t":12.0,"step":1,"weight":500,"arm":"stable","requests":60,"errors":1,"latency":{"bounds":[0.1,0.2],"counts":[50,9,1]}}
                t is the window's end in seconds, weight the candidate's share in basis points, arm stable or candidate;
                trace, dt, step, weight, latency, users, metrics and placebo may be left out. Prints one JSON object a trace.
                """,
        };
        var analysis = new Option<string?>("--analysis")
        {
            Description = "Tolerances: what stands under analysis: in a delivery file, or such a file (default: the defaults of one)",
            HelpName = "FILE",
        };
        var next = new Option<int>("--next-weight")
        {
            Description = "Pass means good enough for this weight, in basis points or as 50%; the declared tolerances are those of 9000 "
                + "and more",
            DefaultValueFactory = static _ => All,
            HelpName = "0..10000",
            CustomParser = static result => ParseWeight(result.Tokens[0].Value, result.AddError),
        };
        var explain = new Option<bool>("--explain") { Description = "Adds the reason in words to every verdict and finding" };
        var output = AskOptions.OutputOption();
        output.Description = "The verdicts are JSON either way";
        command.Arguments.Add(file.RefuseOptions());
        command.Options.Add(analysis);
        command.Options.Add(next);
        command.Options.Add(explain);
        command.Options.Add(output);
        command.SetAction((parse, stop) => FileReading.RunLongAsync(
            () => Judge(
                parse.GetRequiredValue(file), parse.GetValue(analysis), parse.GetValue(next), parse.GetValue(explain), surroundings,
                stop), stop));
    }

    private static int Judge(string file, string? analysis, int next, bool explain, Surroundings surroundings, CancellationToken stop)
    {
        var name = file == "-" ? "stdin" : file;
        switch (WindowFileOptions.Of(name, analysis))
        {
            case Parsed<WindowFileOptions>.Ok(var options):
                using (var windows = Open(file, surroundings))
                {
                    return Judge(windows, options with { NextWeight = next, Explain = explain }, surroundings, stop)
                        ? ExitCodes.Done
                        : ExitCodes.Failed;
                }

            case Parsed<WindowFileOptions>.Problems(var problems):
                foreach (var problem in problems) surroundings.Error.WriteLine(problem);
                return ExitCodes.Failed;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static bool Judge(Stream windows, WindowFileOptions options, Surroundings surroundings, CancellationToken stop)
    {
        try
        {
            return WindowFile.Judge(windows, options, surroundings.Out, surroundings.Error, stop);
        }
        catch (IOException fault)
        {
            // What cannot be read is a bad line; this is what cannot be written.
            throw new Failure(
                "cannot write", "standard output",
                $"{fault.Message.TrimEnd('.')}; the verdicts from there on are lost, judge the file again");
        }
    }

    private static Stream Open(string file, Surroundings surroundings)
    {
        const string WhatToDo = "name a file of windows, or - for standard input";
        if (file == "-") return surroundings.OpenInput();
        if (file.Length == 0) throw new Failure("no file", "the name is empty", WhatToDo);
        if (Directory.Exists(file)) throw new Failure("a directory, not a file", file, WhatToDo);
        try
        {
            return new FileStream(
                file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new Failure("no such file", file, WhatToDo);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new Failure("cannot read", file, fault.Message);
        }
    }

    /// <summary><c>500</c> basis points or <c>5%</c>.</summary>
    private static int ParseWeight(string text, Action<string> complain)
    {
        var isPercent = text.EndsWith('%');
        if (decimal.TryParse(text.AsSpan().TrimEnd('%'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            var basisPoints = isPercent ? number * 100 : number;
            if (basisPoints <= All && basisPoints == decimal.Truncate(basisPoints)) return (int)basisPoints;
        }

        complain($"--next-weight is a whole number of basis points from 0 to {All} or a percentage such as 50%, not \"{text}\"");
        return 0;
    }
}
