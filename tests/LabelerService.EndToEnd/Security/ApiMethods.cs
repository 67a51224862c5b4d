using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using LabelerService.Contracts.V1;

namespace LabelerService.EndToEnd.Security;

/// <summary>All methods of labeler.v1 by their descriptors: a new one is tested without a word about it.</summary>
internal static class ApiMethods
{
    private static readonly Marshaller<byte[]> Bytes = new(message => message, message => message);

    private static readonly FileDescriptor[] Files =
    [
        .. typeof(DatasetService).Assembly.GetTypes()
            .Where(type => type.Namespace == "LabelerService.Contracts.V1" && type.Name.EndsWith("Reflection", StringComparison.Ordinal))
            .Select(type => (FileDescriptor)type.GetProperty("Descriptor")!.GetValue(null)!),
    ];

    // labeler.service/Item → datasets/{dataset}/items/{item}
    public static readonly IReadOnlyDictionary<string, string> Patterns = Files.SelectMany(file => file.MessageTypes)
        .Select(message => message.GetOptions()?.GetExtension(ResourceExtensions.Resource)).OfType<ResourceDescriptor>()
        .ToDictionary(resource => resource.Type, resource => resource.Pattern[0]);

    public static IReadOnlyList<MethodDescriptor> All { get; } = [.. Files.SelectMany(file => file.Services).SelectMany(service => service.Methods)];

    public static string Path(MethodDescriptor method) => $"/{method.Service.FullName}/{method.Name}";

    /// <summary>The JSON routes of a method: HTTP method and a path that it matches.</summary>
    public static IEnumerable<(string Verb, string Path)> Routes(MethodDescriptor method)
    {
        var http = method.GetOptions()?.GetExtension(AnnotationsExtensions.Http);
        return http is null ? [] : new[] { http }.Concat(http.AdditionalBindings).Select(rule => rule.PatternCase switch
        {
            HttpRule.PatternOneofCase.Get => ("GET", Fill(rule.Get)),
            HttpRule.PatternOneofCase.Post => ("POST", Fill(rule.Post)),
            HttpRule.PatternOneofCase.Patch => ("PATCH", Fill(rule.Patch)),
            HttpRule.PatternOneofCase.Delete => ("DELETE", Fill(rule.Delete)),
            HttpRule.PatternOneofCase.Put => ("PUT", Fill(rule.Put)),
            _ => throw new InvalidOperationException($"{method.FullName} has an HTTP rule that this test does not know."),
        });

        // /v1/{name=datasets/*/items/*} → /v1/datasets/1/items/1
        static string Fill(string template) =>
            System.Text.RegularExpressions.Regex.Replace(template, @"\{[a-z_.]+=([^}]*)\}", match => match.Groups[1].Value.Replace('*', '1'));
    }

    /// <summary>Whether a request of this method names a dataset or something in one.</summary>
    public static bool NamesDataset(MethodDescriptor method) => Request(method, "probe").ToString()!.Contains("datasets/probe", StringComparison.Ordinal);

    /// <summary>A request whose names all lie in a dataset and which is well-formed beyond that, as far as the method looks before it asks for the dataset.</summary>
    public static IMessage Request(MethodDescriptor method, string dataset)
    {
        var request = Fill(method.InputType, dataset, []);
        switch (request)
        {
            case SetModelAliasRequest alias:
                alias.Alias.Alias = "candidate";
                break;
            case DeleteModelAliasRequest alias:
                alias.Alias = "candidate";
                break;
            case WatchDatasetActivityRequest watch:
                watch.MaxMessages = 1;
                break;
        }

        return request;
    }

    /// <summary>Makes the call, whatever its kind, with one message where it takes a stream.</summary>
    /// <returns>Its status; OK with the details of none.</returns>
    public static Task<(StatusCode Code, string Reason, string Message)> CallAsync(CallInvoker invoker, MethodDescriptor method, IMessage request) =>
        CallAsync(invoker, TypeOf(method), method.Service.FullName, method.Name, request.ToByteArray());

    /// <summary>Makes a call by its names.</summary>
    public static async Task<(StatusCode Code, string Reason, string Message)> CallAsync(
        CallInvoker invoker, MethodType type, string service, string name, byte[] request)
    {
        var error = await FailureAsync(invoker, new Method<byte[], byte[]>(type, service, name, Bytes, Bytes), request, TimeSpan.FromMinutes(1));
        return error is null
            ? (StatusCode.OK, "", "")
            : (error.StatusCode, error.GetRpcStatus()?.GetDetail<Google.Rpc.ErrorInfo>()?.Reason ?? "", error.Status.Detail);
    }

    /// <summary>Makes a call with whatever bytes.</summary>
    /// <returns>How it failed; null for one that did not.</returns>
    public static Task<RpcException?> FailureAsync(CallInvoker invoker, MethodDescriptor method, byte[] request, TimeSpan deadline) =>
        FailureAsync(invoker, new Method<byte[], byte[]>(TypeOf(method), method.Service.FullName, method.Name, Bytes, Bytes), request, deadline);

    private static MethodType TypeOf(MethodDescriptor method) => (method.IsClientStreaming, method.IsServerStreaming) switch
    {
        (false, false) => MethodType.Unary,
        (true, false) => MethodType.ClientStreaming,
        (false, true) => MethodType.ServerStreaming,
        _ => MethodType.DuplexStreaming,
    };

    private static async Task<RpcException?> FailureAsync(CallInvoker invoker, Method<byte[], byte[]> method, byte[] request, TimeSpan deadline)
    {
        var options = new CallOptions(deadline: DateTime.UtcNow + deadline);
        try
        {
            switch (method.Type)
            {
                case MethodType.Unary:
                    await invoker.AsyncUnaryCall(method, null, options, request);
                    break;
                case MethodType.ServerStreaming:
                    using (var call = invoker.AsyncServerStreamingCall(method, null, options, request))
                    {
                        await DrainAsync(call.ResponseStream);
                    }

                    break;
                case MethodType.ClientStreaming:
                    using (var call = invoker.AsyncClientStreamingCall(method, null, options))
                    {
                        await SendAsync(call.RequestStream, request);
                        await call;
                    }

                    break;
                default:
                    using (var call = invoker.AsyncDuplexStreamingCall(method, null, options))
                    {
                        await SendAsync(call.RequestStream, request);
                        await DrainAsync(call.ResponseStream);
                    }

                    break;
            }

            return null;
        }
        catch (RpcException error)
        {
            return error;
        }
    }

    private static async Task DrainAsync(IAsyncStreamReader<byte[]> stream)
    {
        while (await stream.MoveNext(CancellationToken.None))
        {
            // Only the status at the end counts.
        }
    }

    private static async Task SendAsync(IClientStreamWriter<byte[]> stream, byte[] request)
    {
        try
        {
            await stream.WriteAsync(request);
            await stream.CompleteAsync();
        }
        catch (Exception error) when (error is RpcException or InvalidOperationException)
        {
            // The call has ended already; its status says why.
        }
    }

    private static IMessage Fill(MessageDescriptor descriptor, string dataset, HashSet<string> above)
    {
        var message = descriptor.Parser.ParseFrom(ByteString.Empty);
        var own = descriptor.GetOptions()?.GetExtension(ResourceExtensions.Resource);
        foreach (var field in descriptor.Fields.InDeclarationOrder().Where(field => !field.IsRepeated))
        {
            if (field.FieldType == FieldType.String)
            {
                var type = field.GetOptions()?.GetExtension(ResourceExtensions.ResourceReference)?.Type is { Length: > 0 } referred ? referred
                    : field.Name == "name" ? own?.Type : null;
                if (type is not null)
                {
                    field.Accessor.SetValue(message, Name(Patterns[type], dataset));
                }
            }
            else if (field.FieldType == FieldType.Message && field.MessageType.File.Package == "labeler.v1" && !above.Contains(field.MessageType.FullName))
            {
                field.Accessor.SetValue(message, Fill(field.MessageType, dataset, [.. above, descriptor.FullName]));
            }
        }

        return message;
    }

    private static string Name(string pattern, string dataset) =>
        System.Text.RegularExpressions.Regex.Replace(
            pattern.Replace("{dataset}", dataset, StringComparison.Ordinal), @"\{([a-z_]+)\}", match => match.Groups[1].Value == "annotation" ? "1-1" : "1");
}
