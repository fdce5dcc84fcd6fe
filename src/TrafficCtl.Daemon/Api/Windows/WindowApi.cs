using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Daemon.WindowJudging;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api.Windows;

/// <summary>Windows that callers have measured, as HTTP/JSON.</summary>
public static class WindowApi
{
    /// <summary>Adds what <see cref="MapTrafficCtlWindows"/> needs beside <c>AddTrafficCtlApi</c>.</summary>
    public static IServiceCollection AddTrafficCtlWindows(this IServiceCollection services) =>
        services.AddSingleton(static s => new WindowHandlers(s.GetRequiredService<TimeProvider>(), s.GetService<IWindowJudge>()));

    /// <summary>Maps <c>POST /v1/judge</c>.</summary>
    public static void MapTrafficCtlWindows(this IEndpointRouteBuilder routes)
    {
        var windows = routes.ServiceProvider.GetRequiredService<WindowHandlers>();
        var callers = routes.ServiceProvider.GetRequiredService<Callers>();
        var gate = routes.ServiceProvider.GetRequiredService<CallGate>();
        routes.MapPost("/v1/judge", AdminGuard.Wrap(JudgeAsync, WindowRequests.MediaType))
            .WithMetadata(new HttpRoute(static () => Judging.Descriptor.FindMethodByName("Judge")), new BodyLimit(WindowFeed.MostBytes));

        async Task<IResult> JudgeAsync(HttpContext context, CancellationToken stop)
        {
            var (caller, unknown) = await callers.OfAsync(context, "Judge", "", stop);
            if (caller is null) return ProblemResult.Of(unknown!);
            var (question, refusal) = WindowRequests.QuestionOf(context);
            if (question is null) return ProblemResult.Of(refusal!);
            var (verdicts, refused) = await gate.AskAsync(() => windows.JudgeAsync(
                question, (feed, until) => WindowRequests.SendAsync(context.Request, feed, until), stop));
            return verdicts is null ? ProblemResult.Of(refused!) : new WindowVerdictsResult(verdicts);
        }
    }
}
