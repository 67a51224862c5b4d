using System.Text.Json;

namespace LabelerService.Formats.Tables;

/// <summary>The elements of a JSON array, one after the other, however long the array is: only one element has to fit into memory.</summary>
internal sealed class JsonArrayElements(Stream stream, int maximumBytes)
{
    private const int MaximumDepth = 64;

    private readonly GrowingBuffer _buffer = new(stream, maximumBytes);
    private State _state = State.Before;

    private enum State
    {
        Before,
        AfterStart,
        AfterElement,
        Done,
    }

    private enum Step
    {
        NeedMore,
        Element,
        End,
    }

    /// <summary>Elements taken so far.</summary>
    public long Count { get; private set; }

    /// <summary>Whether the array is at its end, behind which only white space may be.</summary>
    public bool IsAtEnd => _state == State.Done;

    /// <summary>What is wrong with the element that <see cref="NextAsync"/> came to and could not give; others may follow.</summary>
    public string? Problem { get; private set; }

    /// <summary>Goes to the next element.</summary>
    /// <returns>The element, the caller's to dispose; null at the end of the array and where the element alone cannot be used.</returns>
    /// <exception cref="JsonException">It is no array, or broken here.</exception>
    /// <exception cref="FileFormatException">The file as a whole is of another kind.</exception>
    public async ValueTask<JsonDocument?> NextAsync(CancellationToken cancellationToken)
    {
        if (_state == State.Before)
        {
            await StartAsync(cancellationToken);
        }

        while (_state != State.Done)
        {
            var step = Look(out var document);
            if (step == Step.Element)
            {
                return document;
            }

            if (step == Step.End)
            {
                await ExpectEndAsync(cancellationToken);
                _state = State.Done;
                break;
            }

            if (_buffer.IsFinal)
            {
                throw new JsonException("the file ends within the array");
            }

            if (_buffer.IsFull)
            {
                throw new JsonException($"the element is longer than {maximumBytes >> 20} MiB");
            }

            await _buffer.FillAsync(cancellationToken);
        }

        return null;
    }

    private async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        while (!_buffer.IsFinal && _buffer.Span.Length < 4)
        {
            await _buffer.FillAsync(cancellationToken);
        }

        if (Utf8Text.ForeignEncoding(_buffer.Span) is { } foreign)
        {
            throw new FileFormatException(default, foreign);
        }

        _buffer.Advance(Utf8Text.MarkLength(_buffer.Span));
        while (true)
        {
            SkipSpace();
            if (!_buffer.Span.IsEmpty)
            {
                break;
            }

            if (_buffer.IsFinal)
            {
                throw new FileFormatException(default, "is empty");
            }

            await _buffer.FillAsync(cancellationToken);
        }

        if (_buffer.Span[0] != '[')
        {
            throw new FileFormatException(default, "is no JSON array of tasks");
        }

        _buffer.Advance(1);
        _state = State.AfterStart;
    }

    private Step Look(out JsonDocument? document)
    {
        document = null;
        SkipSpace();
        var bytes = _buffer.Span;
        if (bytes.IsEmpty)
        {
            return Step.NeedMore;
        }

        if (bytes[0] == ']')
        {
            _buffer.Advance(1);
            return Step.End;
        }

        var skipped = 0;
        if (_state == State.AfterElement)
        {
            if (bytes[0] != ',')
            {
                throw new JsonException("a comma is missing");
            }

            skipped = 1;
        }

        var element = _buffer.Span[skipped..];
        if (element.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return Step.NeedMore;
        }

        var reader = new Utf8JsonReader(element, _buffer.IsFinal, new JsonReaderState(new JsonReaderOptions { MaxDepth = MaximumDepth }));
        // Not final: an element that is a number at the end of the window may go on.
        if (!reader.Read() || !reader.TrySkip() || (!_buffer.IsFinal && reader.BytesConsumed == element.Length))
        {
            return Step.NeedMore;
        }

        var value = element[..(int)reader.BytesConsumed];
        _buffer.Advance(skipped + value.Length);
        _state = State.AfterElement;
        Count++;
        (document, Problem) = Parse(value);
        return Step.Element;
    }

    private static (JsonDocument? Document, string? Problem) Parse(ReadOnlySpan<byte> value)
    {
        if (!Utf8Text.IsValid(value))
        {
            return (null, "is not UTF-8");
        }

        try
        {
            // Of a key that is there twice, nobody knows which is meant.
            return (JsonDocument.Parse(value.ToArray(), new JsonDocumentOptions { MaxDepth = MaximumDepth, AllowDuplicateProperties = false }), null);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return (null, exception is JsonException ? $"cannot be used: {Header.Shorten(exception.Message)}" : "has text that is not Unicode");
        }
    }

    private async ValueTask ExpectEndAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            SkipSpace();
            if (!_buffer.Span.IsEmpty)
            {
                throw new JsonException("something follows the array");
            }

            if (_buffer.IsFinal)
            {
                return;
            }

            await _buffer.FillAsync(cancellationToken);
        }
    }

    private void SkipSpace()
    {
        var bytes = _buffer.Span;
        var end = bytes.IndexOfAnyExcept(" \t\r\n"u8);
        _buffer.Advance(end < 0 ? bytes.Length : end);
    }
}
