using System.CommandLine;
using TrafficCtl.Cli.Demo;
using TrafficCtl.Cli.Demo.Pipelines;
using TrafficCtl.Cli.Demo.Story;
using TrafficCtl.Cli.Demo.Views;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;
using TrafficCtl.Cli.Watching;

namespace TrafficCtl.Cli.Commands;

internal static class DemoCommand
{
    public static readonly CommandEntry Entry = new(
        "demo", "Shows a real canary on this machine: two upstreams, real load, a real verdict", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var scenario = new Option<string>("--scenario")
        {
            Description = "What is wrong with v2",
            DefaultValueFactory = static _ => "good",
            HelpName = string.Join('|', Scenarios.Names),
        };
        scenario.AcceptOnlyFromAmong(Scenarios.Names);
        var fast = new Option<bool>("--fast") { Description = "Shorter ticks, dwells, warm-ups, holdback and watch: under two minutes" };
        var output = AskOptions.OutputOption();
        var pipeline = new Option<bool>("--pipeline")
        {
            Description = "A pipeline test → staging → prod instead: four versions as real processes, and what becomes of each",
        };
        command.Options.Add(scenario);
        command.Options.Add(pipeline);
        command.Options.Add(fast);
        command.Options.Add(output);
        command.Validators.Add(result =>
        {
            if (result.GetValue(pipeline) && result.GetResult(scenario) is { Implicit: false })
                result.AddError("--pipeline has a story of its own: leave --scenario out");
        });
        command.SetAction(async (parse, stop) =>
        {
            if (parse.GetValue(pipeline))
                return await PipelineAsync(parse.GetValue(fast), parse.GetValue(output) == "json", surroundings, stop);
            var asked = Scenarios.Parse(parse.GetRequiredValue(scenario));
            var isJson = parse.GetValue(output) == "json";
            var summary = await RunAsync(asked, parse.GetValue(fast), isJson, surroundings, stop);
            if (isJson) surroundings.Out.WriteLine(summary.ToJson());
            else foreach (var line in summary.ToLines().SelectMany(l => Wrapped(l, surroundings))) surroundings.Out.WriteLine(line);
            if (summary.Right == true) return ExitCodes.Done;
            surroundings.Error.WriteLine(
                $"{Product.Name}: the outcome of scenario {summary.Scenario} is {summary.Outcome}; {asked.Wanted()} is right");
            return ExitCodes.Failed;
        });
    }

    private static async Task<int> PipelineAsync(bool isFast, bool isJson, Surroundings surroundings, CancellationToken stop)
    {
        var summary = await RunPipelineAsync(isFast, isJson, surroundings, stop);
        if (isJson) surroundings.Out.WriteLine(summary.ToJson());
        else foreach (var line in summary.ToLines().SelectMany(l => Wrapped(l, surroundings))) surroundings.Out.WriteLine(line);
        if (summary.IsRight) return ExitCodes.Done;
        surroundings.Error.WriteLine(
            $"{Product.Name}: the outcome of the pipeline is {summary.Outcome}; {PipelineSummary.Delivered} is right");
        return ExitCodes.Failed;
    }

    private static async Task<PipelineSummary> RunPipelineAsync(
        bool isFast, bool isJson, Surroundings surroundings, CancellationToken stop)
    {
        using IPipelineDemoView view = isJson ? new PipelineDemoLines(surroundings.Error, surroundings.Clock)
            : surroundings.IsTerminal ? new PipelineDemoScreen(surroundings)
            : new PipelineDemoLines(surroundings.Out, surroundings.Clock);
        return await new PipelineDemo(isFast, view, surroundings.Clock, Path.GetTempPath()).RunAsync(stop);
    }

    private static async Task<Summary> RunAsync(
        DemoScenario scenario, bool fast, bool isJson, Surroundings surroundings, CancellationToken stop)
    {
        using var view = ViewOf(isJson, surroundings);
        var run = new DemoRun(scenario, pace => Profile.Of(scenario, fast, pace.Rate), view, surroundings.Clock, Path.GetTempPath());
        return await run.RunAsync(stop);
    }

    /// <summary>Between words at a terminal's edge; elsewhere a line stays a line.</summary>
    private static IEnumerable<string> Wrapped(string line, Surroundings surroundings) =>
        surroundings.IsTerminal ? Frame.Lines(new Spectre.Console.Text(line), surroundings.Size().Columns, colours: false) : [line];

    /// <summary>With JSON the answer is one line, so progress goes to stderr.</summary>
    private static IDemoView ViewOf(bool isJson, Surroundings surroundings) =>
        isJson ? new DemoLines(surroundings.Error, surroundings.Clock)
        : surroundings.IsTerminal ? new DemoScreen(surroundings)
        : new DemoLines(surroundings.Out, surroundings.Clock);
}
