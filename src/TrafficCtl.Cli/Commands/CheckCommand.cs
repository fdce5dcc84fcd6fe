using System.Collections.Immutable;
using System.CommandLine;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.V1;
using Problem = TrafficCtl.Daemon.Config.Reporting.Problem;

namespace TrafficCtl.Cli.Commands;

internal static class CheckCommand
{
    public static readonly CommandEntry Entry = new(
        "check", "Says everything that is wrong with delivery files, each with its line", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var files = new Argument<string[]>("FILE")
        {
            Description = "Delivery files, or directories of them",
            Arity = ArgumentArity.OneOrMore,
        };
        var running = new Option<bool>("--running")
        {
            Description = "Also asks the running daemon: problems are what its reload would refuse, such as a version that serves and is "
                + "not listed",
        };
        var prometheus = MetricOptions.Address(
            "--prometheus", "As run gets it: the files may have metrics of your own; nothing is asked");
        var alertmanager = MetricOptions.Address(
            "--alertmanager", "As run gets it: the files may need quiet alerts; nothing is asked");
        command.Arguments.Add(files.RefuseOptions());
        command.Options.Add(prometheus);
        command.Options.Add(alertmanager);
        var allowExec = ExecOptions.Exec();
        command.Options.Add(allowExec);
        command.Options.Add(running);
        var ask = AskOptions.AddTo(command, surroundings);
        command.SetAction(async (parse, stop) =>
        {
            ImmutableArray<string> paths = [.. parse.GetRequiredValue(files)];
            var (hasPrometheus, hasAlertmanager) = (parse.GetValue(prometheus) is not null, parse.GetValue(alertmanager) is not null);
            ImmutableArray<string> programs = [.. parse.GetValue(allowExec) ?? []];
            var read = await FileReading.RunAsync(
                () => FileAnswers.Read(paths, hasPrometheus, hasAlertmanager, programs), surroundings.Tell, stop);
            CheckResponse answer;
            var beside = "";
            if (parse.GetValue(running) && read is Parsed<Deliveries>.Ok)
            {
                using var client = ask.ClientOf(parse);
                answer = FileAnswers.CheckBeside(read, (await client.ListServicesAsync(stop)).Services);
                beside = $" (beside what {client.Address} serves now)";
            }
            else
            {
                answer = FileAnswers.Check(read);
            }

            if (ask.IsJson(parse)) surroundings.Out.WriteJson(answer);
            else Print(answer, beside, surroundings);
            return answer.Problems.Count == 0 ? ExitCodes.Done : ExitCodes.Failed;
        });
    }

    private static void Print(CheckResponse answer, string beside, Surroundings surroundings)
    {
        foreach (var problem in answer.Problems) surroundings.Error.WriteLine(WordsOf(problem));
        foreach (var warning in answer.Warnings) surroundings.Error.WriteLine($"warning: {WordsOf(warning)}");
        if (answer.Problems.Count > 0)
            surroundings.Error.WriteLine(
                $"{Product.Name}: {answer.Problems.Count} problem{(answer.Problems.Count == 1 ? "" : "s")}{beside}; nothing would take "
                    + "effect");
        else PrintGood(answer, beside, surroundings);
    }

    private static void PrintGood(CheckResponse answer, string beside, Surroundings surroundings)
    {
        var names = answer.Services.Concat(answer.Pipelines.Select(static p => p.Service));
        surroundings.Out.WriteLine($"good: {string.Join(", ", names)}{beside}");
        foreach (var line in answer.Pipelines.SelectMany(PipelineText.LinesOf)) surroundings.Out.WriteLine(line);
    }

    private static string WordsOf(FileProblem p) =>
        new Problem(p.File, p.Line, p.Column, p.Path, p.Message, p.Hint.Length > 0 ? p.Hint : null).ToString();
}
