using System.CommandLine;
using TrafficCtl.Cli.Simulating;
using TrafficCtl.Simulator.Comparing;

namespace TrafficCtl.Cli.Commands;

internal static class SimulateCommand
{
    public static readonly CommandEntry Entry = new("simulate", "Compares judging rules on simulated services: false rollbacks, missed regressions, bad responses", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var options = SimulateOptions.AddTo(command);
        command.SetAction(async (parse, stop) =>
        {
            var asked = options.Of(parse);
            var folder = asked.Out is null ? null : OutFolder.Open(asked.Out);
            await CompareAsync(asked, folder, surroundings, stop);
            return ExitCodes.Done;
        });
    }

    private static async Task CompareAsync(Simulated asked, OutFolder? folder, Surroundings surroundings, CancellationToken stop)
    {
        var plan = asked.Comparison;
        if (asked.IsFirstTry) surroundings.Error.WriteLine("a first try: four scenarios at two rates; --full compares all of them, with 1,000 runs each, and takes hours");
        var progress = new RunProgress((long)plan.Cells * plan.Runs, surroundings);
        var cells = await Task.Run(() => Comparison.Run(plan, asked.Threads, progress.Report, stop), stop);
        progress.End();
        folder?.Write(plan, cells);
        if (asked.IsJson) ComparisonText.WriteJson(plan, cells, surroundings.Out);
        else ComparisonText.Write(plan, cells, surroundings.Out);
        if (folder is not null) surroundings.Error.WriteLine($"written: {folder.Path}");
    }
}
