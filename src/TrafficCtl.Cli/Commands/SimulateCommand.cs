using System.CommandLine;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Simulating;
using TrafficCtl.Simulator.Comparing;
using TrafficCtl.Simulator.TypeI;

namespace TrafficCtl.Cli.Commands;

internal static class SimulateCommand
{
    public static readonly CommandEntry Entry = new(
        "simulate", "Compares judging rules on simulated services: false rollbacks, missed regressions, bad responses", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var options = SimulateOptions.AddTo(command);
        command.SetAction(async (parse, stop) =>
        {
            var asked = options.Of(parse);
            var folder = asked.Out is null ? null : OutFolder.Open(asked.Out);
            if (asked.Hint is { } hint) surroundings.Error.WriteLine(hint);
            if (asked.TypeI is { } typeI) await CheckAsync(typeI, asked, folder, surroundings, stop);
            else await CompareAsync(asked.Comparison!, asked, folder, surroundings, stop);
            if (folder is not null) surroundings.Error.WriteLine($"written: {folder.Path}");
            return ExitCodes.Done;
        });
    }

    private static async Task CompareAsync(
        ComparisonPlan plan, Simulated asked, OutFolder? folder, Surroundings surroundings, CancellationToken stop)
    {
        using var progress = new RunProgress((long)plan.Cells * plan.Runs, surroundings);
        var cells = await Task.Run(() => RuleComparison.Run(plan, asked.Threads, progress.Report, stop), stop);
        progress.Dispose();
        folder?.Write(plan, cells);
        if (ComparisonText.RoughWords(plan, cells) is { } rough) surroundings.Error.WriteLine(rough);
        if (asked.IsJson) ComparisonText.WriteJson(plan, cells, surroundings.Out);
        else ComparisonText.Write(plan, cells, surroundings.Out);
    }

    private static async Task CheckAsync(
        TypeIPlan plan, Simulated asked, OutFolder? folder, Surroundings surroundings, CancellationToken stop)
    {
        using var progress = new RunProgress((long)plan.Cases.Length * plan.Runs, surroundings);
        var cells = await Task.Run(() => TypeICheck.Run(plan, asked.Threads, progress.Report, stop), stop);
        progress.Dispose();
        folder?.Write(plan, cells);
        if (asked.IsJson) TypeIText.WriteJson(plan, cells, surroundings.Out);
        else TypeIText.Write(plan, cells, surroundings.Out);
    }
}
