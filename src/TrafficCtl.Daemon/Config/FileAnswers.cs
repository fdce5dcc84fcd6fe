using System.Collections.Immutable;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Config;

/// <summary>What the command line says of delivery files, as messages of the contract.</summary>
public static class FileAnswers
{
    /// <summary>Everything that is wrong with the files, or their services.</summary>
    public static CheckResponse Check(ImmutableArray<string> files)
    {
        var answer = new CheckResponse();
        switch (DeliveryFiles.Read(files))
        {
            case Parsed<ImmutableArray<Delivered>>.Ok(var services):
                answer.Services.AddRange(services.Select(s => s.Spec.Service));
                answer.Warnings.AddRange(services.SelectMany(s => s.Warnings).Select(MessageOf));
                break;
            case Parsed<ImmutableArray<Delivered>>.Problems(var problems):
                answer.Problems.AddRange(problems.Select(MessageOf));
                break;
        }

        return answer;
    }

    /// <summary>Every value in force with its origin; or the problems, and nothing in force.</summary>
    public static Parsed<(ExplainResponse Message, string Text)> Explain(ImmutableArray<string> files) => DeliveryFiles.Read(files) switch
    {
        Parsed<ImmutableArray<Delivered>>.Ok(var services) => new Parsed<(ExplainResponse, string)>.Ok(
            (MessageOf(services), string.Join('\n', services.Select(Config.Explain.Render)))),
        Parsed<ImmutableArray<Delivered>>.Problems(var problems) => new Parsed<(ExplainResponse, string)>.Problems(problems),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static ExplainResponse MessageOf(ImmutableArray<Delivered> services)
    {
        var answer = new ExplainResponse();
        foreach (var delivered in services)
        {
            var service = new ExplainedService { Service = delivered.Spec.Service };
            service.Values.AddRange(delivered.Values.Select(
                v => new V1.EffectiveValue { Path = v.Path, Text = v.Text, File = v.Origin.File ?? "", Line = v.Origin.Line }));
            answer.Services.Add(service);
        }

        return answer;
    }

    private static FileProblem MessageOf(Problem problem) => new()
    {
        File = problem.File,
        Line = problem.Line,
        Column = problem.Column,
        Path = problem.Path,
        Message = problem.Message,
        Hint = problem.Hint ?? "",
    };
}
