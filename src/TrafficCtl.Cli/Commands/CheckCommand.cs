using System.CommandLine;
using TrafficCtl.Daemon.Config;
using TrafficCtl.V1;
using Problem = TrafficCtl.Daemon.Config.Problem;

namespace TrafficCtl.Cli.Commands;

internal static class CheckCommand
{
    public static readonly CommandEntry Entry = new("check", "Says everything that is wrong with delivery files, each with its line", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var files = new Argument<string[]>("FILE") { Description = "Delivery files, or directories of them", Arity = ArgumentArity.OneOrMore };
        var output = AskOptions.OutputOption();
        command.Arguments.Add(files.RefuseOptions());
        command.Options.Add(output);
        command.SetAction(async (parse, stop) =>
        {
            var answer = await FileReading.RunAsync(() => FileAnswers.Check([.. parse.GetRequiredValue(files)]), surroundings.Tell, stop);
            if (parse.GetValue(output) == "json") surroundings.Out.WriteJson(answer);
            else Print(answer, surroundings);
            return answer.Problems.Count == 0 ? ExitCodes.Done : ExitCodes.Failed;
        });
    }

    private static void Print(CheckResponse answer, Surroundings surroundings)
    {
        foreach (var problem in answer.Problems) surroundings.Error.WriteLine(WordsOf(problem));
        foreach (var warning in answer.Warnings) surroundings.Error.WriteLine($"warning: {WordsOf(warning)}");
        if (answer.Problems.Count > 0) surroundings.Error.WriteLine($"{App.Name}: {answer.Problems.Count} problem{(answer.Problems.Count == 1 ? "" : "s")}; nothing would take effect");
        else surroundings.Out.WriteLine($"good: {string.Join(", ", answer.Services)}");
    }

    private static string WordsOf(FileProblem p) =>
        new Problem(p.File, p.Line, p.Column, p.Path, p.Message, p.Hint.Length > 0 ? p.Hint : null).ToString();
}
